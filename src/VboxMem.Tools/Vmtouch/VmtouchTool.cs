// vmtouch: how much of files is in the page cache.
//
// Models  vmtouch 1.3.1.
// Departs where a program asks mincore(2) about any file, this reads what the box tells of the files in its cache. A file that it does not
//         list is not there to vmtouch. Directories are those on the way to the files. No time passes.

using System.Globalization;
using System.Text;
using VboxMem.FileTree;
using VboxMem.Tools.Formatting;
using VboxMem.Tools.Options;

namespace VboxMem.Tools.Vmtouch;

public static class VmtouchTool
{
    public const string Name = "vmtouch";

    private const int ChartColumns = 60;

    /// <summary>Runs vmtouch. See <see cref="ToolEntry"/>.</summary>
    public static int Run(IReadOnlyList<string> arguments, ToolContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        try
        {
            return Run(VmtouchRequest.Parse(arguments), context);
        }
        catch (UsageException wrong)
        {
            context.Error.Write($"{Name}: {wrong.Message}\n");
            context.Out.Write($"\n{wrong.Usage}");
            return ToolSession.Failure;
        }
        catch (ToolException end)
        {
            context.Error.Write($"{Name}: FATAL: {end.Message}\n");
            return end.ExitCode;
        }
    }

    private static int Run(VmtouchRequest request, ToolContext context)
    {
        if (request.Paths.Count == 0)
        {
            context.Out.Write($"{Name}: no files or directories specified\n\n{VmtouchRequest.Usage}");
            return ToolSession.Failure;
        }

        var crawl = new Crawl(ResidentFiles.Parse(Load(context, ResidentFiles.FilesPath), Load(context, ResidentFiles.ResidentPath)), request, context);
        foreach (var path in request.Paths) crawl.Add(path);
        if (request.Json) JsonText.WriteLine(context.Out, crawl, WriteJson);
        else if (!request.IsQuiet) PrintSummary(crawl, request, context.Out);
        return ToolSession.Success;
    }

    private static ReadOnlySpan<byte> Load(ToolContext context, string path)
    {
        var errno = context.Tree.TryRead(path, out var content);
        return errno == Errno.None ? content.Span
            : throw new ToolException($"{path}: {errno.Describe()}; only a simulated box tells which pages of files are in memory");
    }

    /// <summary>What has been met on the way.</summary>
    private sealed class Crawl(List<ResidentFile> known, VmtouchRequest request, ToolContext context)
    {
        internal List<(string Shown, ResidentFile File)> Met { get; } = [];

        internal ulong Files { get; private set; }

        internal ulong Directories { get; private set; }

        internal ulong Pages { get; private set; }

        internal ulong ResidentPages { get; private set; }

        internal void Add(string shown)
        {
            if (shown.Length > 1 && shown[^1] == '/') shown = shown[..^1];
            var path = shown == "/" ? "" : shown.StartsWith('/') ? shown : "/" + shown;
            var isFound = false;
            var directories = new HashSet<string>(StringComparer.Ordinal);
            foreach (var file in known)
            {
                if (file.Path == path) AddFile(shown, file);
                else if (file.Path.StartsWith(path + "/", StringComparison.Ordinal))
                {
                    AddFile((shown == "/" ? "" : shown) + file.Path[path.Length..], file);
                    AddDirectories(file.Path, path.Length, directories);
                }
                else
                {
                    continue;
                }

                isFound = true;
            }

            Directories += (ulong)directories.Count;
            if (!isFound) Warn($"unable to stat {shown} (No such file or directory)");
        }

        /// <summary>Those on the way to a file, from the one that was asked for on.</summary>
        private static void AddDirectories(string path, int begin, HashSet<string> directories)
        {
            var end = path.LastIndexOf('/');
            while (end >= begin && directories.Add(path[..end]) && end > 0) end = path.LastIndexOf('/', end - 1);
        }

        private void AddFile(string shown, ResidentFile file)
        {
            Files++;
            if (file.Bytes == 0) return;
            if (file.Bytes > request.MostBytes)
            {
                Warn($"file {shown} too large, skipping");
                return;
            }

            Met.Add((shown, file));
            Pages += file.Pages;
            ResidentPages += file.ResidentPages;
            if (request is { IsVerbose: true, Json: false }) PrintChart(shown, file, context.Out);
        }

        private void Warn(string message)
        {
            if (!request.IsQuiet) context.Error.Write($"{Name}: WARNING: {message}\n");
        }
    }

    /// <summary>The chart is drawn twice, as before and after the pages are touched.</summary>
    private static void PrintChart(string shown, ResidentFile file, TextWriter writer)
    {
        var chart = string.Create(CultureInfo.InvariantCulture, $"\r[{Chart(file)}] {file.ResidentPages}/{file.Pages}");
        writer.Write($"{shown}\n{chart}{chart}\n");
    }

    /// <summary>A sign for every so many pages: O all of them, o some, blank none are in memory.</summary>
    private static string Chart(ResidentFile file)
    {
        var perSign = file.Pages <= ChartColumns ? 1 : (file.Pages / ChartColumns) + 1;
        var signs = new StringBuilder();
        var run = 0;
        for (var first = 0UL; first < file.Pages; first += perSign)
        {
            var end = Math.Min(first + perSign, file.Pages);
            while (run < file.Runs.Count && file.Runs[run].First + file.Runs[run].Count <= first) run++;
            var resident = 0UL;
            for (var next = run; next < file.Runs.Count && file.Runs[next].First < end; next++)
            {
                resident += Math.Min(end, file.Runs[next].First + file.Runs[next].Count) - Math.Max(first, file.Runs[next].First);
            }

            signs.Append(resident == end - first ? 'O' : resident > 0 ? 'o' : ' ');
        }

        return signs.ToString();
    }

    private static void PrintSummary(Crawl crawl, VmtouchRequest request, TextWriter writer)
    {
        if (request.IsVerbose) writer.Write('\n');
        var share = crawl.Pages == 0 ? "" : GeneralNumber(100.0 * crawl.ResidentPages / crawl.Pages) + "%";
        writer.Write(string.Create(CultureInfo.InvariantCulture,
            $"           Files: {crawl.Files}\n     Directories: {crawl.Directories}\n  Resident Pages: {crawl.ResidentPages}/{crawl.Pages}  "));
        writer.Write($"{Size(crawl.ResidentPages)}/{Size(crawl.Pages)}  {share}\n         Elapsed: 0 seconds\n");
    }

    /// <summary>In the largest unit of which there is one, the rest cut off.</summary>
    private static string Size(ulong pages)
    {
        var bytes = (UInt128)pages * ResidentFile.PageBytes;
        var unit = 0;
        for (; bytes >= 1024 && unit < 4; unit++) bytes /= 1024;
        return bytes.ToString(CultureInfo.InvariantCulture) + (unit == 0 ? "" : "KMGT"[unit - 1].ToString());
    }

    /// <summary>printf's %.3g of a share from 0 to 100.</summary>
    private static string GeneralNumber(double value)
    {
        if (value == 0) return "0";
        var scientific = value.ToString("0.##e+00", CultureInfo.InvariantCulture);
        var exponent = int.Parse(scientific[(scientific.IndexOf('e', StringComparison.Ordinal) + 1)..], CultureInfo.InvariantCulture);
        if (exponent < -4) return scientific;
        var decimals = 2 - exponent;
        var text = decimals <= 0 ? Math.Round(value).ToString(CultureInfo.InvariantCulture) : CNumber.Fixed(value, decimals);
        return text.Contains('.', StringComparison.Ordinal) ? text.TrimEnd('0').TrimEnd('.') : text;
    }

    private static void WriteJson(System.Text.Json.Utf8JsonWriter json, Crawl crawl)
    {
        json.WriteStartObject();
        json.WriteNumber("files", crawl.Files);
        json.WriteNumber("directories", crawl.Directories);
        json.WriteNumber("pages", crawl.Pages);
        json.WriteNumber("residentPages", crawl.ResidentPages);
        json.WriteStartArray("contents");
        foreach (var (shown, file) in crawl.Met)
        {
            json.WriteStartObject();
            json.WriteString("path", shown);
            json.WriteNumber("bytes", file.Bytes);
            json.WriteNumber("pages", file.Pages);
            json.WriteNumber("residentPages", file.ResidentPages);
            json.WriteStartArray("runs");
            foreach (var run in file.Runs)
            {
                json.WriteStartArray();
                json.WriteNumberValue(run.First);
                json.WriteNumberValue(run.Count);
                json.WriteEndArray();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
