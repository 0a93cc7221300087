using System.Text;
using VboxMem.FileTree;
using VboxMem.Tools.Processes;
using VboxMem.Testing;

namespace VboxMem.Tools.Tests.Processes;

// Goal: the process model reads what is there, leaves out who is gone, and names what is wrong.
// Method: hand-made trees in memory.
public sealed class ProcessReaderTests
{
    private const string StatLine =
        "7 (a) b (c) S 1 7 7 34816 -1 4194560 10 20 30 40 50 60 70 80 20 -5 3 0 900 4096000 77 18446744073709551615 1 2 3 0 0 0 0 4096 16384 1 0 0 17 2 0 0 5 6 7 0 0 0 0 0 0 0 0\n";

    private const string StatusText =
        "Name:\ta\\\\b\\nc\nState:\tS (sleeping)\nTgid:\t7\nPid:\t7\nPPid:\t1\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nGroups:\t5 6 \nVmLck:\t      8 kB\n"
        + "VmRSS:\t    1234 kB\nThreads:\t3\nSigPnd:\t0000000000000001\nShdPnd:\t0000000000000002\nSigBlk:\tffffffffffffffff\n";

    private static MemoryTree Tree() => new()
    {
        ["/proc/meminfo"] = "MemTotal: 1 kB\n",
        ["/proc/7/stat"] = StatLine,
        ["/proc/7/status"] = StatusText,
        ["/proc/7/statm"] = "1 2 3 4 5 6 7\n",
        ["/proc/7/cmdline"] = "a\0b\0",
        ["/proc/7/oom_score"] = "600\n",
        ["/proc/7/oom_score_adj"] = "-1000\n",
        ["/proc/7/smaps_rollup"] = "00400000-7ffff000 ---p 00000000 00:00 0                          [rollup]\nRss:  10 kB\nPss: 9 kB\nPss_Dirty: 1 kB\nPrivate_Clean: 3 kB\nPrivate_Dirty: 4 kB\n",
        ["/proc/7/io"] = "rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 5\nwrite_bytes: 6\ncancelled_write_bytes: 7\n",
        ["/proc/self/task/7/stat"] = StatLine,
        ["/proc/7/task/7/stat"] = StatLine,
        ["/proc/7/task/8/stat"] = StatLine.Replace("7 (", "8 (", StringComparison.Ordinal),
        ["/etc/passwd"] = "root:x:0:0:root:/root:/bin/bash\nbroken\nbin:x:2:2:bin:/bin:\nother:x:2:2::/:\n",
    };

    private static List<ProcessRecord> ReadAll(IFileTree tree, ProcessFiles files)
    {
        var found = new List<ProcessRecord>();
        Assert.Equal(Errno.None, new ProcessReader(tree).TryReadAll(files, found));
        return found;
    }

    [Fact]
    public void A_process_has_what_its_files_say()
    {
        const ProcessFiles all = ProcessFiles.Stat | ProcessFiles.Status | ProcessFiles.Statm | ProcessFiles.CommandLine | ProcessFiles.OomScore
            | ProcessFiles.OomScoreAdjustment | ProcessFiles.Rollup | ProcessFiles.Io;
        var process = Assert.Single(ReadAll(Tree(), all));

        Assert.Equal(all, process.Have);
        Assert.Equal("a) b (c", Encoding.UTF8.GetString(process.Name.Span));
        Assert.Equal(((byte)'S', 1, 34816, -1, -5, 900ul), (process.State, process.ParentPid, process.Stat.Terminal, process.Stat.ForegroundGroup, process.Stat.Nice, process.Stat.StartTicks));
        Assert.Equal((110ul, 260ul, 2, 7ul), (process.Stat.OwnTicks, process.Stat.AllTicks, process.Stat.Processor, process.Stat.ChildGuestTicks));
        Assert.Equal((2u, 6u, 8ul, 1234ul), (process.EffectiveUser, process.EffectiveGroup, process.Status.VmLocked, process.Status.VmRss));
        Assert.Equal((1ul, 2ul, ulong.MaxValue), (process.Status.PendingForThread, process.Status.PendingForProcess, process.Status.Blocked));
        Assert.Equal(new PidStatm(1, 2, 3, 4, 5, 6, 7), process.Statm);
        Assert.Equal((600, -1000, 9ul, 7ul, 3ul), (process.OomScore, process.OomScoreAdjustment, process.Rollup.Pss, process.Rollup.Uss, process.Io.ReadCalls));
        Assert.Equal("a b", ProcessText.CommandLine(process, isUtf8: true));
    }

    [Fact]
    public void The_name_in_status_is_unescaped()
    {
        var process = Assert.Single(ReadAll(Tree(), ProcessFiles.Status));
        Assert.Equal("a\\b\nc", Encoding.UTF8.GetString(process.Name.Span));
    }

    [Fact]
    public void Who_has_ended_is_left_out_and_other_missing_files_are_empty()
    {
        var tree = Tree();
        tree["/proc/9/status"] = StatusText;
        tree["/proc/11/stat"] = "";
        Assert.Equal([7], ReadAll(tree, ProcessFiles.Stat).ConvertAll(process => process.Pid));

        tree.Remove("/proc/7/io");
        var process = Assert.Single(ReadAll(tree, ProcessFiles.Stat | ProcessFiles.Io));
        Assert.Equal((ProcessFiles.Stat, 0ul), (process.Have, process.Io.ReadCalls));
        Assert.Null(new ProcessReader(tree).TryRead(12, ProcessFiles.Stat));
    }

    [Fact]
    public void Threads_come_with_their_process()
    {
        var threads = new List<ProcessRecord>();
        new ProcessReader(Tree()).TryReadAllThreads(ProcessFiles.Stat, threads);
        Assert.Equal([(7, 7), (8, 7)], threads.ConvertAll(thread => (thread.Pid, thread.Tgid)));
    }

    [Fact]
    public void Users_have_the_first_name_of_their_number()
    {
        var accounts = new Accounts(Tree());
        Assert.Equal(("root", "bin", "33", "0"), (accounts.UserName(0), accounts.UserName(2), accounts.UserName(33), accounts.GroupName(0)));
        Assert.True(accounts.TryFindUser("other", out var id) && id == 2);
        Assert.False(accounts.TryFindUser("broken", out _));
    }

    [Theory]
    [InlineData("stat", "7 a S 1", "/proc/7/stat:1: \"7 a S 1\" has no name in parentheses")]
    [InlineData("stat", "7 (a) S 1 x", "/proc/7/stat:1: field 5, the process group, is \"x\", allowed is a whole number from -2147483648 to 2147483647")]
    [InlineData("stat", "7 (a) S 1 2 3", "/proc/7/stat:1: the line ends before field 7, the terminal")]
    [InlineData("stat", "7 (a) 5 1", "/proc/7/stat:1: field 3, the state, is \"5\", allowed is a letter")]
    [InlineData("statm", "1 2 -3", "/proc/7/statm:1: field 3, the shared size, is \"-3\", allowed is a whole number from 0 to 18446744073709551615")]
    [InlineData("status", "Name:\ta\nUid:\t0\t1\t2\n", "/proc/7/status:2: the line ends before the file system user, a number")]
    [InlineData("status", "Tgid:\t99999999999\n", "/proc/7/status:1: Tgid is 99999999999, allowed are 0 to 2147483647")]
    [InlineData("status", "SigBlk:\t00\n", "/proc/7/status:1: a mask of signals is \"00\", allowed are 16 hexadecimal digits")]
    [InlineData("smaps_rollup", "x\nRss: y kB\n", "/proc/7/smaps_rollup:2: the size is \"y\", allowed is a whole number from 0 to 18446744073709551615")]
    [InlineData("io", "rchar 5\n", "/proc/7/io:1: expected \":\" in \"rchar 5\"")]
    [InlineData("oom_score", "many\n", "/proc/7/oom_score:1: \"many\", allowed is a whole number from -2147483648 to 4294967295")]
    public void A_malformed_file_is_named_with_what_is_allowed(string file, string text, string message)
    {
        var tree = Tree();
        tree["/proc/7/" + file] = text;
        var failure = Assert.Throws<ProcFormatException>(() => new ProcessReader(tree).TryRead(7, (ProcessFiles)0xffff));
        Assert.Equal(message, failure.Message);
    }

    [Theory]
    [InlineData("plain", "plain", "plain")]
    [InlineData("a\tb\u007f", "a?b?", "a.b.")]
    [InlineData("é€", "é€", "?????")]
    public void Text_is_made_fit_for_the_terminal(string raw, string inUtf8, string inC)
    {
        var bytes = Encoding.UTF8.GetBytes(raw);
        Assert.Equal((inUtf8, inC), (PrintableText.Escape(bytes, isUtf8: true), PrintableText.Escape(bytes, isUtf8: false)));
    }

    [Fact]
    public void Each_byte_that_is_no_utf8_is_one_question_mark()
    {
        Assert.Equal("?(?a??.", PrintableText.Escape([0xff, (byte)'(', 0xc3, (byte)'a', 0xc2, 0x85, (byte)'\t'], isUtf8: true));
        Assert.Equal("ab", PrintableText.Escape("ab\0cd"u8, isUtf8: true));
    }

    [Fact]
    public void Texts_of_who_has_not_run_are_kept_and_those_of_who_has_are_read_anew()
    {
        const ProcessFiles files = ProcessFiles.Status | ProcessFiles.CommandLine | ProcessFiles.WaitChannel;
        var tree = Tree();
        var reader = new ProcessReader(tree) { KeepsTextsOfIdle = true };
        (string Command, string Channel) Texts(string command, string channel, string state, int threads, int voluntary, int involuntary, long start = 900)
        {
            tree["/proc/7/cmdline"] = command + "\0";
            tree["/proc/7/wchan"] = channel;
            tree["/proc/7/stat"] = StatLine.Replace(" 900 ", $" {start} ", StringComparison.Ordinal);
            tree["/proc/7/status"] = $"Name:\ta\nState:\t{state}\nTgid:\t7\nPid:\t7\nPPid:\t1\nThreads:\t{threads}\n"
                + $"voluntary_ctxt_switches:\t{voluntary}\nnonvoluntary_ctxt_switches:\t{involuntary}\n";
            reader.TryReadAll(ProcessFiles.Stat, []);
            var process = reader.TryRead(7, files)!;
            Assert.True(process.Has(files));
            return (ProcessText.CommandLine(process, isUtf8: true), ProcessText.WaitChannel(process));
        }

        Assert.Equal(("one", "f1"), Texts("one", "f1", "S (sleeping)", 1, 10, 5));
        Assert.Equal(("one", "f1"), Texts("two", "f2", "S (sleeping)", 1, 10, 5));
        Assert.Equal(("two", "f2"), Texts("two", "f2", "S (sleeping)", 1, 11, 5));
        Assert.Equal(("three", "f3"), Texts("three", "f3", "S (sleeping)", 1, 11, 6));
        Assert.Equal(("four", "f4"), Texts("four", "f4", "D (disk sleep)", 1, 11, 6));
        Assert.Equal(("five", "f5"), Texts("five", "f5", "R (running)", 1, 11, 6));
        Assert.Equal(("six", "f6"), Texts("six", "f6", "R (running)", 1, 11, 6));
        Assert.Equal(("seven", "f7"), Texts("seven", "f7", "S (sleeping)", 2, 11, 6));
        Assert.Equal(("eight", "f7"), Texts("eight", "f8", "S (sleeping)", 2, 11, 6));   // another thread may have changed the command line
        Assert.Equal(("nine", "f9"), Texts("nine", "f9", "S (sleeping)", 2, 11, 6, start: 901));
        Assert.Equal(("ten", "f10"), Texts("ten", "f10", "S (sleeping)", 1, 0, 0));
        Assert.Equal(("eleven", "f11"), Texts("eleven", "f11", "S (sleeping)", 1, 0, 0));   // such a kernel does not count them
    }

    [Fact]
    public void Texts_are_read_anew_unless_that_is_asked_for()
    {
        var tree = Tree();
        var reader = new ProcessReader(tree);
        tree["/proc/7/status"] = "Name:\ta\nState:\tS (sleeping)\nThreads:\t1\nvoluntary_ctxt_switches:\t3\n";
        reader.TryRead(7, ProcessFiles.Status | ProcessFiles.CommandLine);
        tree["/proc/7/cmdline"] = "other\0";
        Assert.Equal("other", ProcessText.CommandLine(reader.TryRead(7, ProcessFiles.Status | ProcessFiles.CommandLine)!, isUtf8: true));
    }
}
