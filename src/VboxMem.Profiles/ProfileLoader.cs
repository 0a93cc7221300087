// Loading a profile: built-in defaults, the profile's JSON, environment variables VBOXMEM__…, --set options; each layer
// is checked for itself, then the whole, and only then is anything made of it. Every mistake is reported at once.

using VboxMem.Profiles.Checks;
using VboxMem.Profiles.Layers;

namespace VboxMem.Profiles;

/// <summary>Loads and checks profiles. A bad profile is a result with errors, never an exception.</summary>
public static class ProfileLoader
{
    private const int MaxFileBytes = 16 << 20;

    /// <summary>Loads a profile from a file.</summary>
    /// <param name="path">The file, as the user named it; messages name it so.</param>
    /// <param name="sets">Values of --set options, <c>section:key=value</c>; later ones win.</param>
    /// <param name="environment">Environment variables; those not named VBOXMEM__… are left alone.</param>
    /// <returns>The profile, or one line for every mistake in any layer.</returns>
    public static ProfileResult Load(string path, IEnumerable<string> sets, IReadOnlyDictionary<string, string> environment)
    {
        var source = OneLine.OfPath(path);
        var json = ReadFile(path, out var problem);
        return problem.Length > 0
            ? new ProfileResult(null, [$"{source}: {problem}"])
            : LoadJson(json, source, NameOf(path), sets, environment);
    }

    /// <summary>Loads a profile from text, such as the effective profile of a recorded run.</summary>
    /// <param name="json">UTF-8 text.</param>
    /// <param name="source">What messages call the text.</param>
    /// <param name="fallbackName">The profile's name where it has no name key.</param>
    /// <param name="sets">Values of --set options, <c>section:key=value</c>; later ones win.</param>
    /// <param name="environment">Environment variables; those not named VBOXMEM__… are left alone.</param>
    public static ProfileResult LoadJson(
        ReadOnlySpan<byte> json, string source, string fallbackName, IEnumerable<string> sets, IReadOnlyDictionary<string, string> environment)
    {
        var errors = new List<string>();
        var layers = new List<ProfileLayer>();
        var tree = JsonText.Parse(json, source, hasLines: true, errors);
        if (tree is not null) layers.Add(LayerReader.Read(tree, source, errors));
        layers.Add(LayerReader.Read(FlatLayer.FromEnvironment(environment, errors), FlatLayer.EnvironmentSource, errors));
        layers.Add(LayerReader.Read(FlatLayer.FromSets(sets, errors), FlatLayer.SetSource, errors));
        if (tree is not { Kind: NodeKind.Object }) return new ProfileResult(null, errors);

        var settings = new LayerStack(layers, FitName(fallbackName));
        var check = new CheckErrors(settings, source, errors);
        new MachineChecks(settings, check).Run();
        new DeviceChecks(settings, check).Run();
        new WorkloadChecks(settings, check).Run();
        if (errors.Count > 0) return new ProfileResult(null, errors);

        var profile = new Profile(
            settings.Get(ProfileKeys.Name), settings.Get(ProfileKeys.Description),
            ProfileBinder.Bind(settings), WorkloadBinder.Bind(settings), EffectiveJson.Write(settings));
        return new ProfileResult(profile, []);
    }

    private static byte[] ReadFile(string path, out string problem)
    {
        problem = "";
        try
        {
            if (Directory.Exists(path))
            {
                problem = "a directory, allowed is a JSON file";
                return [];
            }

            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            var bytes = new byte[(file.CanSeek && file.Length is > 0 and < MaxFileBytes ? (int)file.Length : MaxFileBytes) + 1];
            var length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (length <= MaxFileBytes) return bytes[..length];
            problem = $"larger than {ByteSize.Format(MaxFileBytes)}, which no profile is";
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            problem = "no such file";
        }
        catch (UnauthorizedAccessException)
        {
            problem = "permission denied";
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            problem = "not a file name";
        }
        catch (IOException exception)
        {
            problem = $"cannot be read: {OneLine.Of(exception.Message)}";
        }

        return [];
    }

    /// <summary>The file's name without .json, made fit to be a profile's name.</summary>
    internal static string NameOf(string path) => FitName(Path.GetFileNameWithoutExtension(path));

    private static string FitName(string name) => name.Length == 0 ? "profile" : OneLine.Of(name);
}
