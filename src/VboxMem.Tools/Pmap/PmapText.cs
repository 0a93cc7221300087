// pmap's tables, byte for byte: the default one, -x and -d.
//
// Models  procps-ng 4.0.2 and 4.0.4; facts: virtual memory and tools, 7.6.
// Departs a line of maps counts as a whole, where procps cuts it at 1023 bytes. System V segments bear the name that maps gives
//         them, not their number: which device holds them only a program on the machine itself could find out.

using System.Globalization;
using System.Text;
using VboxMem.Tools.Formatting;
using VboxMem.Tools.Processes;

namespace VboxMem.Tools.Pmap;

internal sealed class PmapText(PmapOptions options, ToolContext context)
{
    private const int AddressWidth = 16;
    private const int SizeWidth = 7;
    private const int ModeWidth = 5;
    private const int DeviceWidth = 9;

    private readonly TextWriter _writer = context.Out;

    private ulong _shared, _writable, _readOnly;
    private ulong _resident, _dirty;

    internal void Write(PmapReport report)
    {
        if (!options.Quiet) WriteHeader();
        foreach (var area in report.Areas!)
        {
            if (options.High < area.Start) break;
            var isInRange = unchecked(area.End - 1) >= options.Low;
            if (isInRange) Count(area);
            if (options.Extended) CountUse(area);
            if (isInRange) WriteArea(area, NameOf(area, report.StartStack));
        }

        if (!options.Quiet) WriteTotals();
    }

    private void WriteHeader()
    {
        if (!options.Extended && !options.Device) return;
        _writer.Left("Address", AddressWidth + 1);
        _writer.Right("Kbytes", SizeWidth);
        _writer.Write(' ');
        if (options.Extended)
        {
            _writer.Right("RSS", SizeWidth);
            _writer.Write(' ');
            _writer.Right("Dirty", SizeWidth);
            _writer.Write(' ');
        }

        _writer.Left("Mode", ModeWidth + 1);
        if (options.Device)
        {
            _writer.Left("Offset", AddressWidth + 1);
            _writer.Left("Device", DeviceWidth + 1);
        }

        _writer.Write("Mapping\n");
    }

    private void Count(MapArea area)
    {
        unchecked
        {
            if (area.Permissions[3] == 's') _shared += area.Bytes;
            else if (area.Permissions[3] == 'p' && area.Permissions[1] == 'w') _writable += area.Bytes;
            else if (area.Permissions[3] == 'p') _readOnly += area.Bytes;
        }
    }

    private void CountUse(MapArea area)
    {
        unchecked
        {
            _resident += area.Kilobytes("Rss");
            _dirty += area.Kilobytes("Shared_Dirty") + area.Kilobytes("Private_Dirty");
        }
    }

    private void WriteArea(MapArea area, string name)
    {
        // A row of -x is printed when the line of swap is met: without one there is none.
        if (options.Extended && !area.Details.Exists(detail => detail.Name == "Swap")) return;
        var mode = area.Permissions[..3] + (area.Permissions[3] == 'p' ? '-' : area.Permissions[3]) + "-";
        _writer.Write(area.Start.ToString("x16", CultureInfo.InvariantCulture));
        _writer.Write(' ');
        if (!options.Extended && !options.Device)
        {
            _writer.Right(area.Bytes >> 10, 6);
            _writer.Write($"K {mode} {name}\n");
            return;
        }

        _writer.Right(area.Bytes >> 10, SizeWidth);
        if (options.Extended)
        {
            _writer.Write(' ');
            _writer.Right(area.Kilobytes("Rss"), SizeWidth);
            _writer.Write(' ');
            _writer.Right(unchecked(area.Kilobytes("Shared_Dirty") + area.Kilobytes("Private_Dirty")), SizeWidth);
        }

        _writer.Write(' ');
        _writer.Write(mode);
        if (options.Device) _writer.Write(string.Create(CultureInfo.InvariantCulture, $" {area.Offset:x16} {area.Major:x3}:{area.Minor:x5}"));
        _writer.Write($" {name}\n");
    }

    private string NameOf(MapArea area, ulong startStack)
    {
        var name = Printable(area.Name.Span);
        var slash = name.LastIndexOf('/');
        if (slash >= 0) return options.ShowPath ? name[name.IndexOf('/', StringComparison.Ordinal)..] : slash + 1 < name.Length ? name[(slash + 1)..] : "/";
        return startStack >= area.Start && startStack <= area.End ? "  [ stack ]" : "  [ anon ]";
    }

    /// <summary>4.0.2 has lost the locale by then: each byte beyond ASCII is "?". Later, bytes that are no characters are.</summary>
    private string Printable(ReadOnlySpan<byte> name)
    {
        if (context.IsUtf8 && context.Version != ProcpsVersion.V4_0_2) return Encoding.UTF8.GetString(name).Replace('\ufffd', '?');
        return string.Create(name.Length, name, static (text, bytes) =>
        {
            for (var i = 0; i < bytes.Length; i++) text[i] = bytes[i] < 0x80 ? (char)bytes[i] : '?';
        });
    }

    private void WriteTotals()
    {
        var total = unchecked(_shared + _writable + _readOnly) >> 10;
        if (options.Device)
        {
            _writer.Write(string.Create(CultureInfo.InvariantCulture,
                $"mapped: {total}K    writeable/private: {_writable >> 10}K    shared: {_shared >> 10}K\n"));
        }
        else if (options.Extended)
        {
            _writer.Write("---------------- ------- ------- ------- \n");
            _writer.Left("total kB", AddressWidth + 1);
            _writer.Right(total, SizeWidth);
            _writer.Write(' ');
            _writer.Right(_resident, SizeWidth);
            _writer.Write(' ');
            _writer.Right(_dirty, SizeWidth);
            _writer.Write('\n');
        }
        else
        {
            _writer.Write(" total ");
            _writer.Right(total, 16);
            _writer.Write("K\n");
        }
    }
}
