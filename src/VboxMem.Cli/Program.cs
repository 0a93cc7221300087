// vbox-mem: a virtual Linux box in a terminal.
//
// The first word decides. A tool's name goes straight to the tool, so that reading a tree loads neither the kernel nor the
// command-line library; everything else is a command of our own, among them top without options of procps's top: the screen.

using VboxMem.Cli;
using VboxMem.Cli.Screen;
using VboxMem.Tools;

return args.Length > 0 && ToolRegistry.Find(args[0]) is { } tool && (args[0] != TopCommand.Name || TopCommand.IsBatch(args.AsSpan(1)))
    ? ToolCommand.Run(args[0], tool, args.AsSpan(1))
    : OwnCommands.Run(args);
