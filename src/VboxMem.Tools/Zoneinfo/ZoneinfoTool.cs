// zoneinfo: each zone against its watermarks.
//
//   Node 0, zone DMA32                                    below low: kswapd reclaims
//     free      51.2 MiB  [########m####l...h..................]  5.4 % of 952.7 MiB
//     marks     min 43.3, low 54.1, high 65.0, promo 75.8 MiB
//     reserve   3.7 MiB kept from requests that could use Normal
//     lists     anon 5.1 active, 312.0 inactive; file 120.1 active, 30.4 inactive; unevictable 0.0 MiB
//     per-CPU   3717 pages on 2 CPUs, at most 13858
//
// The gauge goes from nothing to twice the high mark; m, l and h stand where the marks do, with the boost added.
//
// Reads   /proc/zoneinfo.

using VboxMem.FileTree;
using VboxMem.Tools.Formatting;
using VboxMem.Tools.Options;
using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.Zoneinfo;

public static class ZoneinfoTool
{
    public const string Name = "zoneinfo";

    private const string Usage =
        """
        Usage: zoneinfo [-a] [-p] [--json]

          -a --all      zones without memory too
          -p --pages    pages instead of MiB
             --json     the zones as JSON
          -h --help     this text

        """;

    private static readonly LongOption[] _longOptions =
    [
        new("all", OptionArgument.None, 'a'),
        new("pages", OptionArgument.None, 'p'),
        new("json", OptionArgument.None, 'J'),
        new("help", OptionArgument.None, 'h'),
    ];

    /// <summary>Runs zoneinfo. See <see cref="ToolEntry"/>.</summary>
    public static int Run(IReadOnlyList<string> arguments, ToolContext context) =>
        ToolSession.Run(Name, context, () =>
        {
            var parser = new GetOptLong(arguments, "aph", _longOptions, Usage);
            var (isAll, inPages, isJson) = (false, false, false);
            while (parser.TryNext(out var id))
            {
                if (id == 'h') return ToolSession.PrintUsage(context, Usage);
                isAll |= id == 'a';
                inPages |= id == 'p';
                isJson |= id == 'J';
            }

            if (parser.Operands.Count > 0) throw new UsageException("", Usage);
            var zones = new List<ZoneInfo>();
            foreach (var zone in Read(context))
            {
                if (isAll || zone["managed"] is > 0) zones.Add(zone);
            }

            if (isJson) JsonText.WriteLine(context.Out, zones, ZoneText.WriteJson);
            else new ZoneText(context.Out, inPages).Write(zones);
            return ToolSession.Success;
        });

    /// <summary>Reads the model that zoneinfo prints: all zones, those without memory too.</summary>
    /// <exception cref="ToolException">The file cannot be read or is malformed.</exception>
    public static IReadOnlyList<ZoneInfo> Read(ToolContext context) =>
        ToolSession.Load<IReadOnlyList<ZoneInfo>>(context, ZoneInfo.Path, ZoneInfo.Parse, static errno =>
            errno == Errno.None ? $"cannot use {ZoneInfo.Path}" : $"cannot read {ZoneInfo.Path}: {errno.Describe()}");
}
