// The lists behind selecting options: numbers or names with commas, blanks or tabs between them.
//
// Numbers are read as C's strtoul does with base 0: 0x1f and 017 are hexadecimal and octal, a sign is allowed.
//
// Models  procps-ng 4.0.2 and 4.0.4.

using System.Globalization;
using VboxMem.FileTree;
using VboxMem.Tools.Processes;

namespace VboxMem.Tools.Ps;

internal sealed class PsLists(IFileTree tree, Accounts accounts, PsRequest request)
{
    private const uint NoSuchId = uint.MaxValue;
    private const int LongestCommand = 63;

    internal void Add(PsSelect by, string list)
    {
        var items = Split(list);
        if (by == PsSelect.Command)
        {
            request.Selectors.Insert(0, new PsSelector(by, [], items.ConvertAll(item => item.Length > LongestCommand ? item[..LongestCommand] : item)));
            return;
        }

        var numbers = items.ConvertAll(item => by switch
        {
            PsSelect.RealUser or PsSelect.EffectiveUser => User(item),
            PsSelect.RealGroup or PsSelect.EffectiveGroup => Group(item),
            PsSelect.Terminal => Terminal(item),
            _ => Pid(item),
        });
        request.Selectors.Insert(0, new PsSelector(by, numbers, []));
    }

    /// <summary>-g: sessions where all are numbers, else groups.</summary>
    internal void AddSessionsOrGroups(string list)
    {
        try
        {
            Add(PsSelect.Session, list);
            return;
        }
        catch (PsOptionException)
        {
            // no numbers: names of groups
        }

        try
        {
            Add(PsSelect.EffectiveGroup, list);
        }
        catch (PsOptionException)
        {
            throw new PsOptionException("list of session leaders OR effective group IDs was invalid");
        }
    }

    internal void AddOwnTerminal(int terminal) =>
        request.Selectors.Insert(0, new PsSelector(PsSelect.Terminal, [unchecked((uint)terminal)], []));

    internal static uint Pid(string item)
    {
        if (!TryNumber(item, out var number)) throw new PsOptionException("process ID list syntax error");
        return number is >= 1 and <= int.MaxValue ? (uint)number : throw new PsOptionException("process ID out of range");
    }

    private uint User(string item) =>
        Id(item, accounts.TryFindUser(item, out var id) ? id : null, "user name does not exist", "user ID out of range");

    private uint Group(string item) =>
        Id(item, accounts.TryFindGroup(item, out var id) ? id : null, "group name does not exist", "group ID out of range");

    private uint Id(string item, uint? named, string unknown, string outOfRange)
    {
        if (!TryNumber(item, out var number))
        {
            if (named is { } id) number = id;
            else if (request.Negated) return NoSuchId;
            else throw new PsOptionException(unknown);
        }

        if (number > uint.MaxValue - 1 && !request.Negated) throw new PsOptionException(outOfRange);
        return unchecked((uint)number);
    }

    /// <summary>
    /// A terminal by the name of its device: below /dev/pts first, then below /dev, then with tty before it. A tree that shows no devices
    /// has all that have a name.
    /// </summary>
    private uint Terminal(string item)
    {
        if (item[0] == '/')
        {
            var place = item.StartsWith("/dev/", StringComparison.Ordinal) ? item[5..] : "";
            return Found(place) ?? throw new PsOptionException("TTY could not be found");
        }

        foreach (var place in (string[])["pts/" + item, item, "tty" + item, "pty" + item, item + "nsole"])
        {
            if (Found(place) is { } device) return device;
        }

        return item is "-" or "?" ? 0u : throw new PsOptionException("TTY could not be found");
    }

    private uint? Found(string place)
    {
        if (!TerminalNames.TryFind(place, out var device)) return null;
        var showsDevices = tree.TryStat("/dev/tty", out _) == Errno.None;
        var isThere = showsDevices ? tree.TryStat("/dev/" + place, out _) == Errno.None
            : !place.StartsWith("pts/", StringComparison.Ordinal) || IsUsed(device);
        return isThere ? unchecked((uint)device) : null;
    }

    private bool IsUsed(int device)
    {
        var processes = new List<ProcessRecord>();
        return new ProcessReader(tree).TryReadAll(ProcessFiles.Stat, processes) == Errno.None
            && processes.Exists(process => process.Stat.Terminal == device);
    }

    private static List<string> Split(string list)
    {
        var items = new List<string>();
        foreach (var item in list.Split(' ', ',', '\t'))
        {
            if (item.Length == 0) throw new PsOptionException("improper list");
            items.Add(item);
        }

        return items;
    }

    /// <summary>All of the text as an unsigned 64-bit number; too large ones are the largest, negative ones wrap.</summary>
    internal static bool TryNumber(string text, out ulong number)
    {
        number = 0;
        var digits = text.AsSpan().TrimStart(" \t\n\v\f\r");
        var isNegative = digits.StartsWith("-");
        if (digits.Length > 0 && digits[0] is '+' or '-') digits = digits[1..];
        var numberBase = 10u;
        if (digits.Length > 2 && digits[0] == '0' && digits[1] is 'x' or 'X')
        {
            numberBase = 16;
            digits = digits[2..];
        }
        else if (digits.Length > 1 && digits[0] == '0')
        {
            numberBase = 8;
        }

        if (digits.IsEmpty) return false;
        var value = UInt128.Zero;
        foreach (var c in digits)
        {
            if (!char.IsAsciiHexDigit(c) || Convert.ToUInt32(c.ToString(), 16) >= numberBase) return false;
            if (value <= ulong.MaxValue) value = (value * numberBase) + uint.Parse(c.ToString(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        }

        var isTooLarge = value > ulong.MaxValue;
        number = isTooLarge ? ulong.MaxValue : (ulong)value;
        if (isNegative && !isTooLarge) number = unchecked(0 - number);
        return true;
    }
}
