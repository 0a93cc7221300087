// What a run leaves behind: a root directory with the box's files, and run.json that tells how to get there again.
//
// It is written beside its place and renamed into it, so that nobody ever sees half of one. No wall-clock figure stands in it.
// Only an earlier dump or an empty directory is ever replaced: --force must not cost anybody their home directory.

using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using VboxMem.FileTree;
using VboxMem.Procfs;

namespace VboxMem.Session;

public static class RunDirectory
{
    private const string RunFile = "run.json";

    private static readonly JsonWriterOptions _indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Says before a run whether its result could be written at all.</summary>
    /// <returns>Null, or what is wrong with the place.</returns>
    public static string? Check(string directory, bool force)
    {
        if (File.Exists(directory))
        {
            return $"--out {directory}: is a file, a directory is wanted";
        }

        if (Directory.Exists(directory))
        {
            return !force ? $"--out {directory}: exists already; give another place, or --force to replace it"
                : !IsReplaceable(directory) ? $"--out {directory}: holds something else than a dump, and --force replaces only dumps; give another place"
                : null;
        }

        var parent = Path.GetDirectoryName(Path.GetFullPath(directory));
        return parent is null || !Directory.Exists(parent) ? $"--out {directory}: the folder {parent} does not exist" : null;
    }

    /// <summary>Writes the box as it is now.</summary>
    /// <param name="box">The box; it is not changed.</param>
    /// <param name="directory">Where; checked by <see cref="Check"/> before.</param>
    /// <param name="force">Replace the dump that is there.</param>
    /// <exception cref="OutputException">Disk full, no permission, or someone was faster; nothing is left half-written.</exception>
    public static void Write(Box box, string directory, bool force)
    {
        var place = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        var partial = Path.Combine(Path.GetDirectoryName(place)!, $".{Path.GetFileName(place)}.partial-{Environment.ProcessId}");
        try
        {
            Directory.CreateDirectory(partial);
            TreeExporter.Export(box.Tree, partial);
            File.WriteAllBytes(Path.Combine(partial, RunFile), RunJson(box));
            MoveIntoPlace(partial, place, force);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or TreeExportException)
        {
            RemovePartial(partial);
            throw new OutputException($"{directory}: {HostError.Describe(error)}", error);
        }
    }

    /// <summary>Whether a directory is a dump of ours, by the two names every dump has at its top, or empty.</summary>
    private static bool IsReplaceable(string directory)
    {
        try
        {
            return (File.Exists(Path.Combine(directory, RunFile)) && Directory.Exists(Path.Combine(directory, "proc")))
                || !Directory.EnumerateFileSystemEntries(directory).Any();
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static void MoveIntoPlace(string partial, string place, bool force)
    {
        if (!Directory.Exists(place))
        {
            Directory.Move(partial, place);
            return;
        }

        if (!force || !IsReplaceable(place))
        {
            throw new IOException("exists already");
        }

        var old = partial + ".old";
        Directory.Move(place, old);
        try
        {
            Directory.Move(partial, place);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Directory.Move(old, place);
            throw;
        }

        Directory.Delete(old, recursive: true);
    }

    private static void RemovePartial(string partial)
    {
        try
        {
            if (Directory.Exists(partial))
            {
                Directory.Delete(partial, recursive: true);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new OutputException($"{partial}: left behind half-written: {HostError.Describe(error)}", error);
        }
    }

    private static byte[] RunJson(Box box)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, _indented))
        {
            writer.WriteStartObject();
            writer.WriteString("version", Box.Version);
            writer.WriteNumber("seed", box.Machine.Configuration.Seed);
            writer.WriteNumber("simulated_nanoseconds", box.Machine.Now.Nanoseconds);
            writer.WriteString("state_hash", $"{box.ComputeStateHash():x16}");
            writer.WritePropertyName("profile");
            JsonNode.Parse(box.Profile.EffectiveJson())!.WriteTo(writer);
            writer.WriteEndObject();
        }

        buffer.WriteByte((byte)'\n');
        return buffer.ToArray();
    }
}
