// slabtop -o: the kernel's slab caches.
//
// Reads   /proc/slabinfo (of a real machine: root only).
// Models  procps-ng 4.0.2 and 4.0.4; facts: virtual memory and tools, 7.3.
// Departs no interactive display; sums are 64 bits wide, where procps counts objects and slabs in 32.

using VboxMem.FileTree;
using VboxMem.Tools.Formatting;
using VboxMem.Tools.Options;
using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.Slabtop;

public static class SlabtopTool
{
    public const string Name = "slabtop";

    private const string Usage =
        """
        Usage: slabtop -o [-s KEY] [--json]

          -o --once        print once; the interactive display is not here
          -d --delay SECS  delay of the interactive display
          -s --sort KEY    o objects (default), a active objects, c cache size, l slabs, v active slabs,
                           p pages per slab, s object size, b objects per slab, u use, n name
             --json        the caches as JSON
          -h --help        this text
          -V --version     the version

        """;

    private static readonly LongOption[] LongOptions =
    [
        new("delay", OptionArgument.Required, 'd'),
        new("sort", OptionArgument.Required, 's'),
        new("once", OptionArgument.None, 'o'),
        new("json", OptionArgument.None, 'J'),
        new("help", OptionArgument.None, 'h'),
        new("version", OptionArgument.None, 'V'),
    ];

    private readonly record struct Request(SlabSortKey Key, bool Once, long Delay, bool Json, char Immediate);

    /// <summary>Runs slabtop. See <see cref="ToolEntry"/>.</summary>
    public static int Run(IReadOnlyList<string> arguments, ToolContext context) =>
        ToolSession.Run(Name, context, () => Run(Parse(arguments), context));

    /// <summary>Reads the model that slabtop prints, caches with the most objects first.</summary>
    /// <exception cref="ToolException">slabinfo cannot be read or is malformed.</exception>
    public static SlabReport Read(ToolContext context) => Read(context, SlabSortKey.Objects);

    private static SlabReport Read(ToolContext context, SlabSortKey key)
    {
        const string failure = "Unable to create slabinfo structure";
        var slabInfo = ToolSession.Load<SlabInfo>(context, SlabInfo.Path, SlabInfo.Parse, errno =>
            errno == Errno.None ? failure : $"{failure}: {errno.Describe()}");
        return SlabReport.From(slabInfo, key);
    }

    private static int Run(Request request, ToolContext context)
    {
        if (request.Immediate == 'h') return ToolSession.PrintUsage(context, Usage);
        if (request.Immediate == 'V') return ToolSession.PrintVersion(Name, context);
        if (!request.Once) throw new ToolException("the interactive display is not part of this command; -o prints once");

        var report = Read(context, request.Key);
        if (request.Json) JsonText.WriteLine(context.Out, report.Caches, SlabJson.WriteCaches);
        else SlabText.Write(context.Out, report);
        return ToolSession.Success;
    }

    private static Request Parse(IReadOnlyList<string> arguments)
    {
        var parser = new GetOptLong(arguments, "d:s:ohV", LongOptions, Usage);
        var request = new Request();
        while (parser.TryNext(out var id))
        {
            request = With(request, id, parser.Argument);
            if (request.Immediate != default) return request;
        }

        return parser.Operands.Count == 0 ? request : throw new UsageException("", Usage);
    }

    private static Request With(Request request, char id, string? argument)
    {
        const string conflict = "Cannot combine -d and -o options";
        switch (id)
        {
            case 'd':
                if (request.Once) throw new ToolException(conflict);
                var delay = NumberArgument.Whole(argument!, "illegal delay");
                return delay >= 1 ? request with { Delay = delay } : throw new ToolException("delay must be positive integer");
            case 'o':
                return request.Delay == 0 ? request with { Once = true } : throw new ToolException(conflict);
            case 's':
                return request with { Key = SortKey(argument!) };
            case 'J':
                return request with { Json = true };
            default:
                return request with { Immediate = id };
        }
    }

    /// <summary>Only the first letter counts; an unknown one means the default.</summary>
    private static SlabSortKey SortKey(string text) => (text.Length == 0 ? default : char.ToLowerInvariant(text[0])) switch
    {
        'a' => SlabSortKey.ActiveObjects,
        'c' => SlabSortKey.CacheSize,
        'l' => SlabSortKey.Slabs,
        'v' => SlabSortKey.ActiveSlabs,
        'p' => SlabSortKey.PagesPerSlab,
        's' => SlabSortKey.ObjectSize,
        'b' => SlabSortKey.ObjectsPerSlab,
        'u' => SlabSortKey.Use,
        'n' => SlabSortKey.Name,
        _ => SlabSortKey.Objects,
    };
}
