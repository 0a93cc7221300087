using System.Diagnostics;
using System.Globalization;
using System.Text;
using VboxMem.FileTree;

namespace VboxMem.Tools.Tests;

/// <summary>How a command ended.</summary>
internal sealed record Outcome(string Out, string Error, int Code);

/// <summary>
/// Runs the machine's own procps on a tree: in a mount namespace of its own, the tree's proc bound over /proc and its
/// sys over /sys. Many commands share one namespace.
/// </summary>
internal static class RealTools
{
    private static readonly string[] Tools = ["free", "vmstat", "slabtop", "sysctl", "top", "ps", "pmap", "uptime", "w", "smem", "numastat", "vmtouch", "sar", "dmesg", "swapon", "journalctl", "perl", "/lib/systemd/systemd-journal-remote"];

    private static readonly Lazy<string?> Obstacle = new(FindObstacle);
    private static readonly Lazy<ProcpsVersion> Detected = new(DetectVersion);

    /// <summary>Why the real tools cannot be run here; null when they can.</summary>
    public static string? WhyNot => Obstacle.Value;

    /// <summary>The version the machine has, by <c>free -V</c>.</summary>
    public static ProcpsVersion Version => Detected.Value;

    /// <summary>Runs commands one after the other.</summary>
    public static IReadOnlyList<Outcome> Run(ProcTree tree, IReadOnlyList<string[]> commands) =>
        Run(tree, commands, prepare: "mount --bind \"$ROOT/proc\" /proc\n", atOnce: false, between: "");

    /// <summary>Runs commands all at once, and some time after their start a piece of shell that changes the tree.</summary>
    public static IReadOnlyList<Outcome> RunWhile(ProcTree tree, IReadOnlyList<string[]> commands, string change) =>
        Run(tree, commands, prepare: "mount --bind \"$ROOT/proc\" /proc\n", atOnce: true, between: change);

    /// <summary>
    /// Runs commands on a copy of the tree whose directories list their files in the order that <see cref="DirectoryTree"/>
    /// gives. sysctl needs that: it skips the first two entries of a directory as "." and "..", which a disk does not promise.
    /// </summary>
    public static IReadOnlyList<Outcome> RunOrdered(ProcTree tree, IReadOnlyList<string[]> commands, string afterwards = "")
    {
        // A tmpfs lists in order of creation or against it, depending on the kernel: try, and create accordingly.
        var prepare = new StringBuilder(
            """
            mkdir "$RESULTS/ordered" && mount -t tmpfs none "$RESULTS/ordered" && cd "$RESULTS/ordered" || exit 9
            mkdir probe && : > probe/a && : > probe/b
            if [ "$(ls -U probe | head -n1)" = a ]; then

            """);
        EmitCopies(tree.Tree, "/proc", prepare, reverse: false);
        prepare.Append("else\n");
        EmitCopies(tree.Tree, "/proc", prepare, reverse: true);
        prepare.Append("fi\ncd /\nmount --bind \"$RESULTS/ordered/proc\" /proc\n").Append(afterwards).Append('\n');
        return Run(tree, commands, prepare.ToString(), atOnce: false, between: "");
    }

    /// <summary>
    /// Runs commands on a copy of the tree that also has what ps and top look for of themselves: the directory of the shell that becomes
    /// the command. Users are those of the tree's /etc/passwd.
    /// </summary>
    public static IReadOnlyList<Outcome> RunAmongProcesses(ProcTree tree, IReadOnlyList<string[]> commands)
    {
        const string prepare =
            """
            own="$RESULTS/own"
            mkdir "$own" && mount -t tmpfs none "$own" && cp -a "$ROOT/proc" "$own/" && mkdir "$own/host" "$own/last" || exit 9
            mount --bind "$ROOT/etc/passwd" /etc/passwd && mount --rbind /proc "$own/host" || exit 9
            cat >"$own/run" <<'END'
            own=$1 && shift && mkdir "$own/proc/$$" || exit 9
            for last in $(ls "$own/last"); do rm -r "$own/proc/$last" "$own/last/$last"; done
            for file in stat status statm cmdline comm; do cat "$own/host/$$/$file" >"$own/proc/$$/$file"; done
            : >"$own/last/$$"
            exec "$@"
            END
            mount --bind "$own/proc" /proc || exit 9

            """;
        return Run(tree, [.. commands.Select(static command => (string[])["sh", "RESULTS/own/run", "RESULTS/own", .. command])], prepare, atOnce: false, between: "");
    }

    /// <summary>
    /// Runs commands with the tree's dev/kmsg as the kernel's log. Each read of the real device gives one record, which a file cannot
    /// do, but a pipe in packet mode can: the records are written into one, of 256 at most, before a command starts.
    /// </summary>
    public static IReadOnlyList<Outcome> RunOnLog(ProcTree tree, IReadOnlyList<string[]> commands)
    {
        const string prepare =
            """
            mkfifo "$RESULTS/kmsg" && mount --bind "$RESULTS/kmsg" /dev/kmsg && mount --bind "$ROOT/proc" /proc || exit 9
            cat >"$RESULTS/feed" <<'END'
            use Fcntl;
            my ($file, @command) = @ARGV;
            sysopen(PIPE, "/dev/kmsg", O_RDWR | O_NONBLOCK) && fcntl(PIPE, F_SETFL, O_RDWR | O_NONBLOCK | 040000) && fcntl(PIPE, 1031, 1 << 20) or die "pipe: $!";
            open(LOG, "<", $file) or die "log: $!";
            my $record = "";
            sub put { !length $record || defined syswrite(PIPE, $record) or die "write: $!"; $record = ""; }
            while (<LOG>) { put() unless /^ /; $record .= $_; }
            put();
            system(@command);
            exit($? >> 8);
            END

            """;
        var log = Path.Combine(tree.Root, "dev/kmsg");
        return Run(tree, [.. commands.Select(command => (string[])["perl", "RESULTS/feed", log, .. command])], prepare, atOnce: false, between: "");
    }

    /// <summary>Runs journalctl on a journal made of the tree's log.export, which is in the journal's export format.</summary>
    public static IReadOnlyList<Outcome> RunOnJournal(ProcTree tree, IReadOnlyList<string[]> commands)
    {
        const string prepare =
            """
            /lib/systemd/systemd-journal-remote -o "$RESULTS/log.journal" "$ROOT/log.export" >"$RESULTS/remote" 2>&1 || { cat "$RESULTS/remote" >&2; exit 9; }

            """;
        return Run(tree, [.. commands.Select(static command => (string[])[command[0], "--file=RESULTS/log.journal", .. command[1..]])], prepare, atOnce: false, between: "");
    }

    /// <summary>
    /// Runs each command as the tree's own process 1, which is who ps and top then find when they look for themselves, so that nothing
    /// need be added to the tree. Processes and threads are listed in ascending order, users and groups are the tree's, terminals have
    /// device nodes. With a piece of shell to run <paramref name="between"/>, all commands run at once, and it some time after their start;
    /// the copy of the tree is then <c>$own</c>.
    /// </summary>
    public static IReadOnlyList<Outcome> RunAsInit(ProcTree tree, IReadOnlyList<string[]> commands, string locale = "C", string between = "")
    {
        var prepare =
            $$"""
            export LC_ALL={{locale}}
            own="$RESULTS/own"
            mkdir "$own" && mount -t tmpfs none "$own" && mkdir "$own/proc" "$own/probe" && : >"$own/probe/a" && : >"$own/probe/b" || exit 9
            order() { if [ "$(ls -U "$own/probe" | head -n1)" = a ]; then ls -v "$1"; else ls -v -r "$1"; fi; }
            cd "$ROOT/proc" && cp -a $(order .) "$own/proc/" || exit 9
            for tasks in [0-9]*/task; do
                [ -d "$tasks" ] || continue
                rm -r "$own/proc/$tasks" && mkdir "$own/proc/$tasks" || exit 9
                for task in $(order "$tasks"); do cp -a "$tasks/$task" "$own/proc/$tasks/" || exit 9; done
            done
            cd /
            for file in passwd group; do [ ! -f "$ROOT/etc/$file" ] || mount --bind "$ROOT/etc/$file" "/etc/$file" || exit 9; done
            mount -t tmpfs none /dev && mkdir /dev/pts && mknod /dev/null c 1 3 && mknod /dev/tty c 5 0 && mknod /dev/console c 5 1 || exit 9
            for n in 0 1 2 63; do mknod /dev/tty$n c 4 $n || exit 9; done
            for n in 0 1; do mknod /dev/ttyS$n c 4 $((64 + n)) || exit 9; done
            for n in 0 1 300; do mknod /dev/pts/$n c $((136 + n / 256)) $((n % 256)) || exit 9; done
            mount --bind "$own/proc" /proc || exit 9

            """;
        return Run(tree, [.. commands.Select(static command => (string[])["unshare", "--pid", "--fork", .. command])], prepare, atOnce: between.Length > 0, between);
    }

    private static void EmitCopies(IFileTree tree, string directory, StringBuilder script, bool reverse)
    {
        script.Append(CultureInfo.InvariantCulture, $"mkdir .{directory}\n");
        Assert.Equal(Errno.None, tree.TryList(directory, out var names));
        foreach (var name in reverse ? names.Reverse() : names)
        {
            var path = $"{directory}/{name}";
            Assert.Equal(Errno.None, tree.TryStat(path, out var stat));
            if (stat.Kind == NodeKind.Directory) EmitCopies(tree, path, script, reverse);
            else script.Append(CultureInfo.InvariantCulture, $"cp -pP \"$ROOT{path}\" .{path}\n");
        }
    }

    private static List<Outcome> Run(
        ProcTree tree, IReadOnlyList<string[]> commands, string prepare, bool atOnce, string between)
    {
        Assert.True(WhyNot is null, WhyNot);
        var results = Directory.CreateTempSubdirectory("vbox-mem-results-").FullName;
        try
        {
            var script = new StringBuilder();
            script.Append("export LC_ALL=C TZ=UTC PATH=/usr/sbin:/usr/bin:/sbin:/bin\nunset COLUMNS LINES\n");
            script.Append(CultureInfo.InvariantCulture, $"ROOT='{tree.Root}'\nRESULTS='{results}'\n");
            script.Append("mount --bind \"$ROOT/sys\" /sys || exit 9\n").Append(prepare);
            for (var i = 0; i < commands.Count; i++)
            {
                var words = string.Join(' ', commands[i].Select(word => Quote(word.Replace("RESULTS/", results + "/", StringComparison.Ordinal))));
                script.Append(CultureInfo.InvariantCulture, $"{{ timeout 20 {words} >\"$RESULTS/{i}.out\" 2>\"$RESULTS/{i}.err\" </dev/null; echo $? >\"$RESULTS/{i}.rc\"; }}");
                script.Append(atOnce ? " &\n" : "\n");
            }

            if (atOnce) script.Append(between).Append("\nwait\n");
            Shell(script.ToString(), "unshare", "-m", "sh", "-s");
            return Enumerable.Range(0, commands.Count).Select(i => new Outcome(
                File.ReadAllText($"{results}/{i}.out"),
                File.ReadAllText($"{results}/{i}.err"),
                int.Parse(File.ReadAllText($"{results}/{i}.rc"), CultureInfo.InvariantCulture))).ToList();
        }
        finally
        {
            Directory.Delete(results, recursive: true);
        }
    }

    private static string Quote(string word) => "'" + word.Replace("'", "'\\''", StringComparison.Ordinal) + "'";

    private static string Shell(string input, params string[] command)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEnd();
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output
            : throw new InvalidOperationException($"{string.Join(' ', command)} ended with {process.ExitCode}: {error}");
    }

    private static string? FindObstacle()
    {
        if (!OperatingSystem.IsLinux()) return "comparing with procps needs Linux";
        if (!Environment.IsPrivilegedProcess) return "comparing with procps needs root: its tools read /proc, over which a tree must be mounted";
        try
        {
            foreach (var tool in Tools)
                Shell($"PATH=/usr/sbin:/usr/bin:/sbin:/bin; command -v {tool} >/dev/null || {{ echo 'no {tool}' >&2; exit 1; }}\n", "sh", "-s");
            Shell("mount -t tmpfs none /mnt\n", "unshare", "-m", "--pid", "--fork", "sh", "-s");
            _ = Version;
            return null;
        }
        catch (Exception failure) when (failure is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return $"the real procps cannot be run here: {failure.Message.Trim()}";
        }
    }

    private static ProcpsVersion DetectVersion()
    {
        var text = Shell("", "free", "-V").Trim();
        return text switch
        {
            "free from procps-ng 4.0.2" => ProcpsVersion.V4_0_2,
            "free from procps-ng 4.0.4" => ProcpsVersion.V4_0_4,
            _ => throw new InvalidOperationException($"\"{text}\" is neither 4.0.2 nor 4.0.4"),
        };
    }
}
