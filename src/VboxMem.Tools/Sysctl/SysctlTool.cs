// sysctl: reads and sets kernel parameters, which are the files below /proc/sys.
//
// Reads   /proc/sys/…   Writes there through IFileTree.TryWrite, which only the simulated box accepts: on a directory
//         or the real host it answers EROFS, and sysctl says "permission denied on key", as procps does.
// Models  procps-ng 4.0.2 and 4.0.4; facts: virtual memory and tools, 7.8.
// Departs no files of settings (-p, -f, --system); -r takes .NET's regular expressions, which agree with the POSIX
//         extended ones on all but rarities such as [[:alpha:]].

using System.Text.Json;
using VboxMem.Tools.Formatting;

namespace VboxMem.Tools.Sysctl;

public static class SysctlTool
{
    public const string Name = "sysctl";

    private const string SeeHelp = "\nTry `sysctl --help' for more information.";

    /// <summary>Runs sysctl. See <see cref="ToolEntry"/>.</summary>
    public static int Run(IReadOnlyList<string> arguments, ToolContext context) => ToolSession.Run(Name, context, () =>
        Run(SysctlOptions.Parse(arguments, message => ToolSession.Complain(Name, context, message)), context));

    private static int Run(SysctlOptions options, ToolContext context)
    {
        if (options.Immediate == 'h') return ToolSession.PrintUsage(context, SysctlOptions.Usage);
        if (options.Immediate == 'V') return ToolSession.PrintVersion(Name, context);
        if (options.Operands.Count == 0 && !options.All) throw new ToolException("no variables specified" + SeeHelp);
        if (options.NamesOnly && options.Quiet && !options.All)
            throw new ToolException("options -N and -q cannot coexist" + SeeHelp);

        var reader = new SysctlReader(options, context);
        var code = options.All ? reader.ReadAll(SysctlName.Root) : RunOperands(options, reader, context);
        if (options.Json) JsonText.WriteLine(context.Out, reader.Found, WriteJson);
        return code & 0xff;   // what a process can hand to its parent
    }

    /// <summary>Writes join their codes, reads add them up: three unknown names end with 3.</summary>
    private static int RunOperands(SysctlOptions options, SysctlReader reader, ToolContext context)
    {
        var writer = new SysctlWriter(options, context);
        var code = ToolSession.Success;
        foreach (var operand in options.Operands)
        {
            if (options.WriteOnly || operand.Contains('=', StringComparison.Ordinal)) code |= writer.Write(operand);
            else code += reader.Read(operand);
        }

        return code;
    }

    private static void WriteJson(Utf8JsonWriter json, IReadOnlyList<KeyValuePair<string, string>> found)
    {
        json.WriteStartObject();
        foreach (var (name, value) in found) json.WriteString(name, value);
        json.WriteEndObject();
    }
}
