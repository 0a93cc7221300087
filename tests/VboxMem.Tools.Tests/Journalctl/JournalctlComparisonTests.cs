using System.Globalization;
using System.Text;
using VboxMem.Tools.Tests.Dmesg;

namespace VboxMem.Tools.Tests.Journalctl;

// Goal: journalctl -k prints what the real one prints of a journal that holds the same messages.
// Method: a table of kernel records and, beside each, the entry journald makes of it (systemd.journal-fields(7)); the records
//         become our tree's dev/kmsg, the entries a journal by way of systemd-journal-remote. The journal's times are boot time + time
//         since boot, as ours are.
public sealed class JournalctlComparisonTests
{
    private const long BootTime = 1_795_776_550;

    /// <summary>A record, and its entry's identifier, pid and message; \xNN in the message is a byte.</summary>
    private sealed record Case(int Facility, int Level, long Microseconds, string Text, string? Identifier = "kernel", string? Pid = null, string? Message = null);

    private static readonly Case[] Cases =
    [
        new(0, 6, 0, "Linux version 6.12"),
        new(0, 6, 1500, "a\\x09tab, \\x5c backslash, \\xc3\\xa9, \\x1b[31mred\\x1b[0m"),
        new(0, 4, 5123456, "multi\\x0aline\\x0a third"),
        new(0, 3, 5123456, "err"),
        new(3, 6, 6000000, "systemd[1]: daemon info", "systemd", "1", "daemon info"),
        new(1, 4, 6000001, "bash[123]: hi", "bash", "123", "hi"),
        new(1, 4, 6000002, "prog: hi there", "prog", null, "hi there"),
        new(1, 4, 6000003, "no colon here", null),
        new(1, 4, 6000004, "sp ace: hi", null),
        new(1, 4, 6000005, "  lead:  two blanks", "lead", null, " two blanks"),
        new(3, 2, 6000006, "a[b]: hi", "a", "b", "hi"),
        new(3, 2, 6000007, "a[12]:nospace", null),
        new(0, 0, 60000000, "emerg"),
        new(0, 1, 3600000000, "alert [    1.000] trailing   "),
        new(0, 6, 3600000001, " leading"),
        new(0, 6, 3600000002, "two\\x0a\\x0alines"),
        new(0, 6, 3600000003, "\\x0afirst empty"),
        new(0, 6, 3600000004, "bell\\x07 del\\x7f quote\""),
        new(0, 6, 3600000005, "esc \\x1bM, \\x1b]0;title\\x07 done \\x1b[38;5;1mred \\x1b[2K"),
        new(0, 6, 3600000006, "\\xff is no UTF-8, nul\\x00after"),
        new(0, 5, 86400000000, "notice of a day later"),
        new(0, 7, 1234567890100001, "debug far away"),
    ];

    private static readonly string[] Figures =
    [
        "journalctl -k", "journalctl --dmesg", "journalctl -k -b", "journalctl -kb0", "journalctl -k -b 0", "journalctl -k -b -0", "journalctl -k -b all", "journalctl -k -n", "journalctl -k -n3", "journalctl -k -n 3",
        "journalctl -k --lines=2", "journalctl -k -n all", "journalctl -k -n 0", "journalctl -k -r", "journalctl -kr -n 4", "journalctl -k -p err", "journalctl -k -p 3", "journalctl -k -p err..warning", "journalctl -k -p info..4",
        "journalctl -k -p debug", "journalctl -k -o short", "journalctl -k -o short-monotonic", "journalctl -k -o short-iso", "journalctl -k -o short-iso-precise", "journalctl -k -o short-precise", "journalctl -k -o short-full",
        "journalctl -k -o short-unix", "journalctl -k -o cat -p err", "journalctl -k --no-pager", "journalctl -k --no-hostname", "journalctl -k --no-hostname -o short-monotonic", "journalctl -k --utc", "journalctl -k -q", "journalctl -k -a -p 5",
        "journalctl -k -g hi", "journalctl -k -g HI", "journalctl -k -g HI --case-sensitive=no", "journalctl -k -g Linux", "journalctl -k -g linux", "journalctl -k -g linux --case-sensitive", "journalctl -k -n 2 -g hi", "journalctl -k -n 2 -r -g hi",
        "journalctl -k -g ^a.*(t|r)", "journalctl -k -g [a-c]+t", "journalctl -k -g version·[0-9]+\\.[0-9]{2}$", "journalctl -k -g \\d\\.\\d", "journalctl -k -g ^line", "journalctl -k -g third$", "journalctl -k -g nothing-at-all",
        "journalctl -k -g nothing -q", "journalctl -k -p 0 -g x", "journalctl -k -g i.$", "journalctl -k -g (lin|dae)·?.*",
    ];

    private static ProcTree WithJournal()
    {
        var records = new StringBuilder();
        using var export = new MemoryStream();
        for (var i = 0; i < Cases.Length; i++)
        {
            var entry = Cases[i];
            records.Append(CultureInfo.InvariantCulture, $"{entry.Facility * 8 + entry.Level},{i},{entry.Microseconds},-;{entry.Text}\n");
            WriteEntry(export, entry, i);
        }

        var tree = new ProcTree().Add("dev/kmsg", records.ToString()).Add("proc/sys/kernel/hostname", "vbox\n")
            .Add("proc/stat", string.Create(CultureInfo.InvariantCulture, $"cpu  1 1 1 1\nbtime {BootTime}\n"));
        File.WriteAllBytes(Path.Combine(tree.Root, "log.export"), export.ToArray());
        return tree;
    }

    private static void WriteEntry(MemoryStream export, Case entry, int number)
    {
        const string id = "6c7c6013a26343b29e964691ff25d04c";
        var head = new StringBuilder();
        head.Append(CultureInfo.InvariantCulture, $"__CURSOR=i={number}\n__REALTIME_TIMESTAMP={BootTime * 1_000_000 + entry.Microseconds}\n__MONOTONIC_TIMESTAMP={entry.Microseconds}\n_BOOT_ID={id}\n");
        head.Append(CultureInfo.InvariantCulture, $"_TRANSPORT=kernel\n_MACHINE_ID={id}\n_HOSTNAME=vbox\nPRIORITY={entry.Level}\nSYSLOG_FACILITY={entry.Facility}\n_SOURCE_MONOTONIC_TIMESTAMP={entry.Microseconds}\n");
        if (entry.Identifier is not null) head.Append(CultureInfo.InvariantCulture, $"SYSLOG_IDENTIFIER={entry.Identifier}\n");
        if (entry.Pid is not null) head.Append(CultureInfo.InvariantCulture, $"SYSLOG_PID={entry.Pid}\n");
        export.Write(Encoding.UTF8.GetBytes(head.ToString() + "MESSAGE\n"));

        var message = Bytes(entry.Message ?? entry.Text);
        export.Write(BitConverter.GetBytes((long)message.Length));
        export.Write(message);
        export.Write("\n\n"u8);
    }

    private static byte[] Bytes(string text)
    {
        var bytes = new List<byte>();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\') bytes.Add(Convert.ToByte(text.Substring((i += 3) - 1, 2), 16));
            else bytes.Add((byte)text[i]);
        }

        return [.. bytes];
    }

    private static void Compare(params string[] commands)
    {
        using var tree = WithJournal();
        var split = commands.Select(Comparison.Split).ToArray();
        Comparison.Check(split, RealTools.RunOnJournal(tree, split), command => Ours.Run(tree.Tree, RealTools.Version, command));
    }

    [RealToolFact]
    public void Every_form_and_choice_looks_the_same() => Compare(Figures);

    [RealToolFact]
    public void Options_are_understood_and_refused_the_same() => Compare(
        "journalctl -k foo", "journalctl -k -n x", "journalctl -k -n 99999999999", "journalctl -k -Z", "journalctl -k --nosuch", "journalctl -k -o foo", "journalctl -k -p foo", "journalctl -k -p 9", "journalctl -k -p warn",
        "journalctl -k -p err..", "journalctl -k -p ..err", "journalctl -k -b -1", "journalctl -k -b foo", "journalctl -k -o short -o cat -n 1", "journalctl -k -n 5 -n 2", "journalctl -k -p", "journalctl -k --rev -n 1", "journalctl -k -lq -n 1");
}
