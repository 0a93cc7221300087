using VboxMem.Kernel;
using VboxMem.Kernel.Sched;
using VboxMem.Workloads.Scenarios;

namespace VboxMem.Workloads.Tests;

internal static class Programs
{
    public const ulong Mebibyte = 1 << 20;

    private static readonly Scenario _scenario = Scenario.Build(1);

    public static UserProgram Make(string program, ProgramParameters parameters) => ProgramCatalog.Create(Setting(program, parameters));

    public static ProgramSetting Setting(string program, ProgramParameters parameters, string name = "test") =>
        new(new GroupConfiguration(name, program, 1, 0, 0, 0, null, parameters), Instance: 0, Start: 0, _scenario);

    public static ScriptedKernel Script(string program, ProgramParameters parameters) => new(Make(program, parameters));

    public static ulong HashOf(UserProgram program)
    {
        var hash = new StateHash();
        program.HashInto(hash);
        return hash.Value;
    }
}
