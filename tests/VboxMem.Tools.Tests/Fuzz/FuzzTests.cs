// Goal: no file, however damaged, makes a tool or a predicate fall over, and whoever cannot read one says so clearly.
// Method: every reader runs on a whole tree once, which tells what it reads. Then each kind of file, link and directory is damaged at
//         random (seeded), one at a time, for one of its readers: throughout, or only before or after time passes. The reader ends as
//         before, or with one line on standard error that names what is damaged. Nothing is written but below /proc/sys.
//         VBOXMEM_TESTS_LONG=1: 100,000 of each kind.

using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using VboxMem.FileTree;
using VboxMem.Testing;

namespace VboxMem.Tools.Tests.Fuzz;

public sealed partial class FuzzTests
{
    private const int LongestOutput = 8 << 20;
    private const int LongestError = 500;

    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(20);

    private static readonly WholeTree _whole = WholeTree.Make();

    private static readonly WholeTree _later = _whole.Later();

    /// <summary>Those that let time pass.</summary>
    private static readonly HashSet<Reader> _waiting = [];

    private static readonly SortedSet<string> _missing = new(StringComparer.Ordinal);

    private static readonly SortedDictionary<string, List<(Reader Reader, string Path)>> _kinds = Discover();

    private static int Rounds(int usual) => Mutator.IsLongMode ? 100_000 : usual;

    public static TheoryData<string> Files => new(_kinds.Keys.Where(static kind => _whole.Files.ContainsKey(_kinds[kind][0].Path)));

    public static TheoryData<string> LinksAndDirectories => new(_kinds.Keys.Where(static kind => !_whole.Files.ContainsKey(_kinds[kind][0].Path)));

    [Theory]
    [MemberData(nameof(Files))]
    public void Damaged_files_are_read_or_named(string kind)
    {
        var random = new Random(SeedOf(kind));
        var others = _whole.Files.Values.ToArray();
        for (var round = 0; round < Rounds(2_000); round++)
        {
            var (reader, path) = _kinds[kind][random.Next(_kinds[kind].Count)];
            var damage = random.Next(50) switch
            {
                0 => new Damage(path) { Errno = AnyErrno(random) },
                1 => new Damage(path) { Names = random.Next(2) == 0 ? [] : ["x"] },
                2 => new Damage(path) { Content = Mutator.Mutate(random, others[random.Next(others.Length)]) },
                _ => new Damage(path) { Content = Mutator.Mutate(random, _whole.Files[path]) },
            };
            Check(reader, damage, random, round);
        }
    }

    [Theory]
    [MemberData(nameof(LinksAndDirectories))]
    public void Damaged_links_and_directories_are_followed_or_named(string kind)
    {
        var random = new Random(SeedOf(kind));
        for (var round = 0; round < Rounds(200); round++)
        {
            var (reader, path) = _kinds[kind][random.Next(_kinds[kind].Count)];
            var damage = random.Next(8) == 0 ? new Damage(path) { Errno = AnyErrno(random) }
                : _whole.Links.TryGetValue(path, out var target) ? new Damage(path) { Target = Mutator.Mutate(random, target).Replace("\0", "", StringComparison.Ordinal) }
                : new Damage(path) { Names = AnyNames(random, _whole.Directories[path]) };
            Check(reader, damage, random, round);
        }
    }

    [Fact]
    public void Each_file_that_is_asked_for_is_in_the_tree()
    {
        var files = _missing.Select(KindOf).Distinct().Where(static kind => !_kinds.ContainsKey(kind) && !_kinds.ContainsKey(kind + " (link)") && !_kinds.ContainsKey(kind + " (directory)"));
        Assert.Equal([], files);
    }

    [Fact]
    public void Any_words_on_a_command_line_are_answered()
    {
        var random = new Random(4);
        var tools = Readers.All.Where(static reader => reader.Name != Reader.Predicate).ToArray();
        string[] words =
        [
            .. tools.SelectMany(static reader => reader.Arguments).Distinct(), "", "-", "--", "---", "-1", "0", "18446744073709551616", "2147483647", "-9223372036854775808",
            "é", "\ud800", "--nosuch", "-z", "=", ",", ":", "%", "(", "[", "**", "a{99999}", "NaN", "1e400", "0x", "--version", "--help",
        ];
        for (var round = 0; round < Rounds(4_000); round++)
        {
            var reader = tools[random.Next(tools.Length)];
            List<string> arguments = [.. reader.Arguments];
            for (var changes = random.Next(1, 4); changes > 0; changes--)
            {
                var place = random.Next(arguments.Count + 1);
                if (place < arguments.Count && random.Next(3) == 0) arguments[place] = Mutator.Mutate(random, arguments[place]) is var other && other.Length < 500 ? other : "";
                else if (place < arguments.Count && random.Next(3) == 0) arguments.RemoveAt(place);
                else arguments.Insert(place, words[random.Next(words.Length)]);
            }

            var outcome = Run(new Reader(reader.Name, [.. arguments]), null, random, round);
            Assert.InRange(outcome.Code, 0, 255);
        }
    }

    private static void Check(Reader reader, Damage damage, Random random, int round)
    {
        var outcome = Run(reader, damage, random, round);
        var what = $"round {round}: {reader} ended with {outcome.Code}, \"{outcome.Error}\", at {Describe(damage)}";
        if (outcome.Code == 0 && reader.IsJson) AssertJson(outcome.Out, what);
        var error = outcome.Error.Split("\n\nUsage:")[0].TrimEnd('\n');
        if (IsChatty(reader)) error = error.Split('\n')[0];
        if (reader.Name == "sysctl" && damage.Names is not null) return;   // it repeats any name as it is
        Assert.False(error.Length > LongestError || error.AsSpan().ContainsAny(_controls), what);
        if (error.Length == 0)
        {
            Assert.True(outcome.Code == 0 || IsSilent(reader, outcome.Code), what);
            return;
        }

        Assert.True(outcome.Code is 1 or 2 or 3 or 47 or 255 || IsChatty(reader), what);
        if (damage.Content is { Length: > 0 } && !IsAnswer(error)) Assert.True(error.Contains(Called(damage.Path, error), StringComparison.Ordinal), what);
    }

    /// <summary>What was asked for is not in the tree: that is no fault of a file.</summary>
    private static bool IsAnswer(string error) => Answer.IsMatch(error);

    [GeneratedRegex("sda1 not found$|could not be found$|name does not exist$|ID out of range$|^top: Invalid user$|^vmtouch: WARNING: |is an unknown key$|^Cannot open /var/log/sysstat/|^expect: no swap area is called|^expect: no service nginx has answered yet|needs a reading a second earlier$")]
    private static partial Regex Answer { get; }

    private static readonly System.Buffers.SearchValues<char> _controls = System.Buffers.SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Concat(Enumerable.Range(0x7f, 0x21)).Select(static code => (char)code)]);

    private static Outcome Run(Reader reader, Damage? damage, Random random, int round)
    {
        var tree = new DamagedTree { Whole = _whole };
        var when = _waiting.Contains(reader) ? random.Next(4) : 0;
        tree.Damage = when == 1 ? null : damage;
        var clock = Stopwatch.StartNew();
        try
        {
            var outcome = reader.Run(tree, random, tick =>
            {
                tree.Whole = _later;
                tree.Damage = when switch { 1 => damage, 2 => null, _ => tree.Damage };
            });
            Assert.True(outcome.Out.Length + outcome.Error.Length < LongestOutput, $"{outcome.Out.Length} letters of output");
            Assert.True(clock.Elapsed < _longest, $"took {clock.Elapsed}");
            Assert.All(tree.Written, static path => Assert.StartsWith("/proc/sys/", path, StringComparison.Ordinal));
            return outcome;
        }
        catch (Exception error)
        {
            throw new InvalidOperationException($"round {round}: {reader}: {error.Message}, at {(damage is null ? "nothing" : Describe(damage))}", error);
        }
    }

    /// <summary>Those that say a line about each name and go on; sar says what to do about a daily file.</summary>
    private static bool IsChatty(Reader reader) => reader.Name is "sysctl" or "sar" or "numastat" or "vmtouch";

    /// <summary>A process that is gone, or whose areas cannot be read, is no news to pmap, nor to ps that none is left, nor EIO to sysctl, nor to journalctl -g that no entry has the pattern.</summary>
    private static bool IsSilent(Reader reader, int code) => (reader.Name == "pmap" && code is 1 or 42 or 43) || (reader.Name is "ps" or "journalctl" or "sysctl" && code == 1);

    /// <summary>/proc/self may be called so.</summary>
    private static string Called(string path, string error) =>
        path.StartsWith("/proc/1/", StringComparison.Ordinal) && error.Contains("/proc/self/", StringComparison.Ordinal) ? "/proc/self/" + path["/proc/1/".Length..] : path;

    private static void AssertJson(string text, string what)
    {
        try
        {
            if (text.Length == 0) return;   // dmesg without a message
            var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text), new JsonReaderOptions { AllowMultipleValues = true });
            while (reader.Read())
            {
            }
        }
        catch (JsonException error)
        {
            Assert.Fail($"{what}: {error.Message}");
        }
    }

    private static string Describe(Damage damage)
    {
        var content = damage.Content is null ? "" : Encoding.Latin1.GetString(damage.Content.AsSpan(0, Math.Min(damage.Content.Length, 3000)));
        return $"{damage.Path} {damage.Errno} {damage.Target} {(damage.Names is null ? "" : "names " + string.Join('|', damage.Names))} {damage.Content?.Length}:\n{content}";
    }

    private static Errno AnyErrno(Random random) => ((Errno[])[Errno.ENOENT, Errno.ENOENT, Errno.EACCES, Errno.EIO, Errno.ESRCH, Errno.EINVAL])[random.Next(6)];

    private static string[] AnyNames(Random random, string[] names) =>
        [.. Encoding.UTF8.GetString(Mutator.Mutate(random, Encoding.UTF8.GetBytes(string.Join('\n', names)))).Split('\n', '/', '\0').Where(static name => name is not ("" or "." or "..")).Take(200)];

    private static int SeedOf(string kind) => kind.Aggregate(17, static (seed, letter) => unchecked((seed * 31) + letter));

    [GeneratedRegex("^/proc/[0-9]+(/task/[0-9]+)?(?=/|$)")]
    private static partial Regex ProcessPart { get; }

    /// <summary>What one parser reads is one kind: files of all processes, of their threads, below /proc/sys/vm.</summary>
    private static string KindOf(string path) =>
        path.StartsWith("/proc/sys/", StringComparison.Ordinal) ? "/proc/sys" : ProcessPart.Replace(path, static found => found.Groups[1].Success ? "/proc/PID/task/TID" : "/proc/PID");

    /// <summary>Kind by kind who reads which file of it. A reader that finds fault with the whole tree would hide what damage does.</summary>
    private static SortedDictionary<string, List<(Reader Reader, string Path)>> Discover()
    {
        var kinds = new SortedDictionary<string, List<(Reader Reader, string Path)>>(StringComparer.Ordinal);
        var faults = "";
        foreach (var reader in Readers.All)
        {
            var paths = new SortedSet<string>(StringComparer.Ordinal);
            var tree = new DamagedTree { Whole = _whole, Asked = (path, errno) => (errno == Errno.None ? paths : _missing).Add(path) };
            var outcome = reader.Run(tree, new Random(1), _ =>
            {
                _waiting.Add(reader);
                tree.Whole = _later;
            });
            if (outcome.Error.Length > 0 && !IsAnswer(outcome.Error.Split('\n')[0])) faults += $"{reader} on a whole tree: {outcome.Error}";
            foreach (var path in paths)
            {
                var kind = KindOf(path) + (_whole.Files.ContainsKey(path) ? "" : _whole.Links.ContainsKey(path) ? " (link)" : " (directory)");
                if (!kinds.TryGetValue(kind, out var readers)) kinds.Add(kind, readers = []);
                readers.Add((reader, path));
            }
        }

        return faults.Length == 0 ? kinds : throw new InvalidOperationException(faults);
    }
}
