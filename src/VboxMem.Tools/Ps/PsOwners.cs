using System.Text;
using VboxMem.Tools.Processes;

namespace VboxMem.Tools.Ps;

/// <summary>Users and groups in ps's columns, as numbers and as names.</summary>
internal static class PsOwners
{
    internal static PsCell Of(PsField field, PsProcess process, int room)
    {
        if (field == PsField.GroupIds) return Cut(GroupIds(process.Record), room);
        if (field == PsField.Groups) return Cut(Groups(process), room);
        var id = Id(field, process.Record);
        if (field <= PsField.FileGroupId) return PsCell.Of(PsCells.Decimal(unchecked((int)id)));
        var accounts = process.System.Accounts;
        var isOfStatus = field is not (PsField.EffectiveUser or PsField.EffectiveGroup);
        if (isOfStatus && !process.Record.Has(ProcessFiles.Status) && !process.System.Request.UserIsNumber) return PsCell.Of("");
        var name = PrintableText.Escape(field <= PsField.FileUser ? accounts.UserName(id) : accounts.GroupName(id), process.System.IsUtf8);
        return Name(name, id, process.System.Request.UserIsNumber, room);
    }

    internal static uint Id(PsField field, ProcessRecord record) => field switch
    {
        PsField.EffectiveUserId or PsField.EffectiveUser => record.EffectiveUser,
        PsField.RealUserId or PsField.RealUser => record.Status.RealUser,
        PsField.SavedUserId or PsField.SavedUser => record.Status.SavedUser,
        PsField.FileUserId or PsField.FileUser => record.Status.FileSystemUser,
        PsField.EffectiveGroupId or PsField.EffectiveGroup => record.EffectiveGroup,
        PsField.RealGroupId or PsField.RealGroup => record.Status.RealGroup,
        PsField.SavedGroupId or PsField.SavedGroup => record.Status.SavedGroup,
        _ => record.Status.FileSystemGroup,
    };

    /// <summary>A name that is too long ends in "+", unless that would fall into a character.</summary>
    private static PsCell Name(string name, uint id, bool isNumber, int room)
    {
        if (isNumber) return PsCell.Of(PsCells.Decimal((ulong)id));
        name = PrintableText.Fit(name, int.MaxValue, out var cells);
        if (cells <= room) return new PsCell(name, cells);
        var bytes = Encoding.UTF8.GetBytes(name);
        return room >= 1 && bytes[room - 1] < 127
            ? new PsCell(Encoding.UTF8.GetString(bytes.AsSpan(0, room - 1)) + "+", room)
            : PsCell.Of(PsCells.Decimal((ulong)id));
    }

    internal static string GroupIds(ProcessRecord record)
    {
        if (!record.Has(ProcessFiles.Status)) return "[ duplicate SUPGIDS ]";   // the library's words for what it has not read
        if (record.Status.Groups is not { } groups) return "-";
        return Encoding.Latin1.GetString(record.StatusText.Span[groups]).Replace(' ', ',');
    }

    internal static string Groups(PsProcess process)
    {
        if (!process.Record.Has(ProcessFiles.Status)) return "[ duplicate SUPGROUPS ]";
        var ids = GroupIds(process.Record);
        if (ids == "-") return ids;
        var names = new List<string>();
        foreach (var id in ids.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!uint.TryParse(id, out var number)) break;
            names.Add(process.System.Accounts.GroupName(number));
        }

        return names.Count > 0 ? PrintableText.Escape(string.Join(',', names), process.System.IsUtf8) : "-";
    }

    private static PsCell Cut(string text, int room)
    {
        var fitted = PrintableText.Fit(text, room, out var cells);
        return new PsCell(fitted, cells);
    }
}
