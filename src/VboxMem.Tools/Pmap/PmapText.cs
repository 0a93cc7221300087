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

internal sealed class PmapText(PmapOptions options, TextWriter writer)
{
    private const int AddressWidth = 16;
    private const int SizeWidth = 7;
    private const int ModeWidth = 5;
    private const int DeviceWidth = 9;

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
        writer.Left("Address", AddressWidth + 1);
        writer.Right("Kbytes", SizeWidth);
        writer.Write(' ');
        if (options.Extended)
        {
            writer.Right("RSS", SizeWidth);
            writer.Write(' ');
            writer.Right("Dirty", SizeWidth);
            writer.Write(' ');
        }

        writer.Left("Mode", ModeWidth + 1);
        if (options.Device)
        {
            writer.Left("Offset", AddressWidth + 1);
            writer.Left("Device", DeviceWidth + 1);
        }

        writer.Write("Mapping\n");
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
        writer.Write(area.Start.ToString("x16", CultureInfo.InvariantCulture));
        writer.Write(' ');
        if (!options.Extended && !options.Device)
        {
            writer.Right(area.Bytes >> 10, 6);
            writer.Write($"K {mode} {name}\n");
            return;
        }

        writer.Right(area.Bytes >> 10, SizeWidth);
        if (options.Extended)
        {
            writer.Write(' ');
            writer.Right(area.Kilobytes("Rss"), SizeWidth);
            writer.Write(' ');
            writer.Right(unchecked(area.Kilobytes("Shared_Dirty") + area.Kilobytes("Private_Dirty")), SizeWidth);
        }

        writer.Write(' ');
        writer.Write(mode);
        if (options.Device) writer.Write(string.Create(CultureInfo.InvariantCulture, $" {area.Offset:x16} {area.Major:x3}:{area.Minor:x5}"));
        writer.Write($" {name}\n");
    }

    private string NameOf(MapArea area, ulong startStack)
    {
        var name = Encoding.UTF8.GetString(area.Name.Span).Replace('\ufffd', '?');
        var slash = name.LastIndexOf('/');
        if (slash >= 0) return options.ShowPath ? name[name.IndexOf('/', StringComparison.Ordinal)..] : slash + 1 < name.Length ? name[(slash + 1)..] : "/";
        return startStack >= area.Start && startStack <= area.End ? "  [ stack ]" : "  [ anon ]";
    }

    private void WriteTotals()
    {
        var total = unchecked(_shared + _writable + _readOnly) >> 10;
        if (options.Device)
        {
            writer.Write(string.Create(CultureInfo.InvariantCulture,
                $"mapped: {total}K    writeable/private: {_writable >> 10}K    shared: {_shared >> 10}K\n"));
        }
        else if (options.Extended)
        {
            writer.Write("---------------- ------- ------- ------- \n");
            writer.Left("total kB", AddressWidth + 1);
            writer.Right(total, SizeWidth);
            writer.Write(' ');
            writer.Right(_resident, SizeWidth);
            writer.Write(' ');
            writer.Right(_dirty, SizeWidth);
            writer.Write('\n');
        }
        else
        {
            writer.Write(" total ");
            writer.Right(total, 16);
            writer.Write("K\n");
        }
    }
}
