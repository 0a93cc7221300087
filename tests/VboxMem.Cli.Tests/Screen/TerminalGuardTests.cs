// Goal: whatever is thrown, the terminal is given back first, and then it is told what was thrown, with its exit code.

using VboxMem.Cli.Screen;
using VboxMem.Kernel;

namespace VboxMem.Cli.Tests.Screen;

public sealed class TerminalGuardTests
{
    [Theory]
    [InlineData("broken invariant")]
    [InlineData("anything")]
    public void The_terminal_is_given_back_before_anything_is_said(string kind)
    {
        var error = Console.Error;
        using var written = new StringWriter();
        Console.SetError(written);
        try
        {
            var before = "not given back";
            var code = TerminalGuard.Run(() => new Given(() => before = written.ToString()), Throw, () => "seed 7");
            Assert.Equal((ExitCode.Defect, ""), (code, before));
            Assert.Contains(kind == "anything" ? "FormatException: it broke (seed 7)" : "broken invariant, a defect of vbox-mem: it broke (seed 7)", written.ToString(), StringComparison.Ordinal);
        }
        finally
        {
            Console.SetError(error);
        }

        int Throw(Given terminal) => throw (kind == "anything" ? new FormatException("it broke") : new InvariantBrokenException("it broke"));
    }

    [Fact]
    public void What_goes_well_keeps_its_exit_code() => Assert.Equal(3, TerminalGuard.Run(() => new Given(static () => { }), static _ => 3, static () => ""));

    private sealed class Given(Action back) : IDisposable
    {
        public void Dispose() => back();
    }
}
