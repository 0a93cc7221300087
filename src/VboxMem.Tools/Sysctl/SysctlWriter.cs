using System.Text;
using VboxMem.FileTree;

namespace VboxMem.Tools.Sysctl;

/// <summary>Sets parameters from <c>name=value</c>, and shows what it set.</summary>
internal sealed class SysctlWriter(SysctlOptions options, ToolContext context)
{
    private const int OwnerMayWrite = 0x80;   // 0200

    /// <summary>One assignment. A "-" before the name asks to carry on when it fails.</summary>
    /// <returns>0, or 1 on failure.</returns>
    internal int Write(string assignment)
    {
        var equals = assignment.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0 || assignment.Length < 2)
        {
            if (assignment.Length >= 2) Complain("command line(0): invalid syntax, continuing...");
            return ToolSession.Failure;
        }

        var name = assignment[..equals].Trim(WhiteSpace);
        var value = assignment[(equals + 1)..].Trim(WhiteSpace);
        var isOptional = name.StartsWith('-');
        if (isOptional) name = name[1..];
        return Set(name, value, isOptional);
    }

    private static readonly char[] WhiteSpace = [' ', '\t', '\n', '\v', '\f', '\r'];

    private int Set(string name, string value, bool isOptional)
    {
        var path = SysctlName.Root + SysctlName.ToPath(name, Complain);
        var errno = context.Tree.TryStat(path, out var stat);
        if (errno != Errno.None)
        {
            if (options.IgnoreUnknown) return ToolSession.Success;
            Complain($"cannot stat {path}: {errno.Describe()}");
            return ToolSession.Failure;
        }

        if (!SysctlReader.IsBelowRoot(path))
        {
            Complain($"Path is not under {SysctlName.Root}: {path}");
            return ToolSession.Failure;
        }

        var shown = SysctlName.ToDotted(path[SysctlName.Root.Length..], Complain);
        if ((stat.Mode & OwnerMayWrite) == 0) return Refuse(shown, Errno.EPERM);
        if (stat.Kind == NodeKind.Directory) return Refuse(shown, Errno.EISDIR);

        var code = options.DryRun ? ToolSession.Success : Store(path, shown, value, isOptional);
        if ((code == ToolSession.Success && !options.Quiet) || options.DryRun) Show(shown, value);
        return code;
    }

    /// <summary>What cannot be written at all is said, yet counts as done; 4.0.2 gives a left-over reason.</summary>
    private int Refuse(string shown, Errno reason)
    {
        var said = context.Version == ProcpsVersion.V4_0_2 ? Errno.EINVAL : reason;
        Complain($"setting key \"{shown}\": {said.Describe()}");
        return ToolSession.Success;
    }

    private int Store(string path, string shown, string value, bool isOptional)
    {
        var ending = isOptional ? ", ignoring" : "";
        switch (context.Tree.TryWrite(path, Encoding.UTF8.GetBytes(value + "\n")))
        {
            case Errno.None:
                return ToolSession.Success;
            case Errno.ENOENT:
                if (options.IgnoreUnknown) return ToolSession.Success;
                Complain($"\"{shown}\" is an unknown key{ending}");
                break;
            case Errno.EPERM or Errno.EACCES or Errno.EROFS:
                Complain($"permission denied on key \"{shown}\"{ending}");
                break;
            case var errno:
                // The kernel refuses the value itself; "-" does not cover that.
                Complain($"setting key \"{shown}\": {errno.Describe()}");
                return ToolSession.Failure;
        }

        return isOptional ? ToolSession.Success : ToolSession.Failure;
    }

    private void Show(string shown, string value)
    {
        // 4.0.2 takes -N for -n here.
        var namesOnly = options.NamesOnly && context.Version != ProcpsVersion.V4_0_2;
        var valuesOnly = options.ValuesOnly || (options.NamesOnly && !namesOnly);
        context.Out.Write(namesOnly ? shown : valuesOnly ? value : $"{shown} = {value}");
        if (namesOnly || !options.WithoutNewline) context.Out.Write('\n');
    }

    private void Complain(string message) => ToolSession.Complain(SysctlTool.Name, context, message);
}
