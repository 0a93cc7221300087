// What a run leaves behind: a root directory with the box's files, and run.json that tells how to get there again.
//
// It is written beside its place and renamed into it, so that nobody ever sees half of one. No wall-clock figure stands in it.
// Only an earlier dump or an empty directory is ever replaced: --force must not cost anybody their home directory.

using System.Globalization;
using VboxMem.FileTree;
using VboxMem.Kernel.Time;
using VboxMem.Procfs;
using VboxMem.Session.Journals;

namespace VboxMem.Session;

/// <summary>A dump that is being written.</summary>
public sealed class RunDirectory : IDisposable
{
    private const string SamplesFolder = "samples";

    private readonly string _named;
    private readonly string _place;
    private readonly string _partial;
    private readonly bool _force;
    private bool _isFinished;

    /// <param name="named">The place as the user called it.</param>
    /// <param name="place">The place, absolute.</param>
    /// <param name="partial">Where it is written meanwhile.</param>
    /// <param name="force">Replace the dump that is there.</param>
    private RunDirectory(string named, string place, string partial, bool force) =>
        (_named, _place, _partial, _force) = (named, place, partial, force);

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

    /// <summary>Begins a dump: makes the directory beside its place that it is written to.</summary>
    /// <param name="directory">Where it is to be in the end; checked by <see cref="Check"/> before.</param>
    /// <param name="force">Replace the dump that is there.</param>
    /// <exception cref="OutputException">Nothing can be written there.</exception>
    public static RunDirectory Begin(string directory, bool force)
    {
        var place = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        var partial = Path.Combine(Path.GetDirectoryName(place)!, $".{Path.GetFileName(place)}.partial-{Environment.ProcessId}");
        var begun = new RunDirectory(directory, place, partial, force);
        begun.OnDisk(() => Directory.CreateDirectory(partial));
        return begun;
    }

    /// <summary>Writes the box as it is now, all at once.</summary>
    /// <inheritdoc cref="Begin"/>
    public static void Write(Box box, string directory, bool force)
    {
        using var dump = Begin(directory, force);
        dump.Finish(box);
    }

    /// <summary>Adds the files of the box as they are now, below <c>samples/</c>.</summary>
    /// <param name="box">The box; it is not changed.</param>
    /// <param name="elapsed">Simulated time since the start of the run, which names the sample: in seconds.</param>
    /// <exception cref="OutputException">Disk full, or no permission; nothing is left.</exception>
    public void AddSample(Box box, SimTime elapsed) => OnDisk(() =>
    {
        var name = (elapsed.Nanoseconds / 1e9m).ToString("0.#########", CultureInfo.InvariantCulture);
        TreeExporter.Export(box.Tree, Path.Combine(_partial, SamplesFolder, name));
    });

    /// <summary>Adds the box as it is now and puts the whole into its place.</summary>
    /// <param name="box">The box; it is not changed.</param>
    /// <param name="journal">What was done to it on the way.</param>
    /// <exception cref="OutputException">Disk full, no permission, or someone was faster; nothing is left half-written.</exception>
    public void Finish(Box box, Journal? journal = null)
    {
        OnDisk(() =>
        {
            var export = TreeExporter.Export(box.Tree, _partial);
            var record = RunRecord.Of(box) with { LeftOut = KindsOf(export.Bulky) };
            File.WriteAllBytes(Path.Combine(_partial, RunRecord.FileName), record.ToJson());
            if (journal is not null)
            {
                File.WriteAllBytes(Path.Combine(_partial, Journal.FileName), journal.ToBytes());
            }

            MoveIntoPlace(_partial, _place, _force);
        });
        _isFinished = true;
    }

    /// <summary>Removes what was written, unless it is finished.</summary>
    public void Dispose()
    {
        if (!_isFinished)
        {
            RemovePartial(_partial);
            _isFinished = true;
        }
    }

    private void OnDisk(Action write)
    {
        try
        {
            write();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or TreeExportException)
        {
            Dispose();
            var cause = error is TreeExportException { InnerException: { } inner } ? inner : error;   // a path that is gone again tells nothing
            throw new OutputException($"{_named}: {HostError.Describe(cause)}", error);
        }
    }

    /// <summary>Paths with the numbers of processes and threads taken out, each once.</summary>
    private static List<string> KindsOf(IReadOnlyList<string> paths)
    {
        var kinds = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var path in paths)
        {
            var names = path.Split('/');
            if (names is ["", "proc", var pid, ..] && IsNumber(pid))
            {
                names[2] = "PID";
                names = names is ["", "proc", _, "task", ..] && names.Length > 4 ? [.. names[..4], "TID", .. names[5..]] : names;
            }

            kinds.Add(string.Join('/', names));
        }

        return [.. kinds];
    }

    private static bool IsNumber(string name) => name.Length > 0 && name.All(char.IsAsciiDigit);

    /// <summary>Whether a directory is a dump of ours, by the two names every dump has at its top, or empty.</summary>
    private static bool IsReplaceable(string directory)
    {
        try
        {
            return (File.Exists(Path.Combine(directory, RunRecord.FileName)) && Directory.Exists(Path.Combine(directory, "proc")))
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
}
