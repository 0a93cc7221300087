// Goal: whatever a few processes ask of their memory, every count stays right, in a copy of the machine too.
// Method: random sequences of all memory calls on two processes and their children, with a full audit after each.

using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Tests.Virtual;

public sealed class SystemCallPropertyTests
{
    private const ulong Page = AProcess.Page;
    private const ulong Arena = 0x4000_0000_0000;
    private const int ArenaPages = 2048;
    private const int MostProcesses = 4;

    private static readonly Advice[] _advice =
    [
        Advice.DontNeed, Advice.Free, Advice.Cold, Advice.HugePage, Advice.NoHugePage, Advice.PopulateRead, Advice.PopulateWrite,
        Advice.DontFork, Advice.DoFork, Advice.WipeOnFork, Advice.KeepOnFork, Advice.Sequential, Advice.Normal, Advice.PageOut,
    ];

    public enum Call
    {
        Map,
        Unmap,
        Protect,
        Touch,
        Read,
        Move,
        Advise,
        Lock,
        Unlock,
        LockAll,
        Heap,
        Fork,
        Exit,
    }

    /// <summary>One call.</summary>
    /// <param name="Call">Which.</param>
    /// <param name="Who">Whose.</param>
    /// <param name="At">First page within the arena.</param>
    /// <param name="Pages">Length.</param>
    /// <param name="How">Rights, advice, or the page to move to.</param>
    public sealed record Act(Call Call, int Who, int At, int Pages, int How);

    public static Arbitrary<Act[]> Acts() => (
        from acts in Gen.ArrayOf(
            from call in Gen.Frequency(
                (5, Gen.Constant(Call.Map)), (2, Gen.Constant(Call.Unmap)), (3, Gen.Constant(Call.Protect)), (6, Gen.Constant(Call.Touch)),
                (2, Gen.Constant(Call.Read)), (2, Gen.Constant(Call.Move)), (4, Gen.Constant(Call.Advise)), (2, Gen.Constant(Call.Lock)),
                (1, Gen.Constant(Call.Unlock)), (1, Gen.Constant(Call.LockAll)), (1, Gen.Constant(Call.Heap)),
                (2, Gen.Constant(Call.Fork)), (1, Gen.Constant(Call.Exit)))
            from who in Gen.Choose(0, MostProcesses - 1)
            from at in Gen.Frequency((3, Gen.Choose(0, ArenaPages - 1)), (2, Gen.Choose(0, 3).Select(table => table * 512)))
            from pages in Gen.Frequency((4, Gen.Choose(1, 40)), (2, Gen.Choose(100, 700)), (2, Gen.Elements(512, 1024)))
            from how in Gen.Choose(0, ArenaPages - 1)
            select new Act(call, who, at, pages, how))
        where acts.Length <= 60
        select acts).ToArbitrary();

    [Property(MaxTest = 40, Arbitrary = [typeof(SystemCallPropertyTests)])]
    public void Every_count_stays_right(Act[] acts)
    {
        using var machine = AMachine.Booted(128);
        machine.TrySetThp(TransparentHugePages.IndexOf("enabled"), "always"u8);
        var processes = new List<AProcess> { AProcess.On(machine, uid: 0), AProcess.On(machine) };
        foreach (var act in acts)
        {
            Do(processes, act);
            Audit.Check(machine);
        }

        using var copy = machine.Clone();
        Assert.Equal(machine.ComputeStateHash(), copy.ComputeStateHash());
        foreach (var process in processes)
        {
            process.Exit();
        }

        Assert.Empty(machine.Memory.All);
        Assert.Equal(0, machine.Memory.CommittedPages);
        Audit.Check(machine);
        Audit.Check(copy);
    }

    private static void Do(List<AProcess> processes, Act act)
    {
        processes.RemoveAll(static process => !process.IsAlive);
        if (processes.Count == 0)
        {
            return;
        }

        var process = processes[act.Who % processes.Count];
        var (start, bytes) = (Arena + ((ulong)act.At * Page), (ulong)act.Pages * Page);
        switch (act.Call)
        {
            case Call.Map:
                process.Map(bytes, (MapFlags)(act.How & 7) | MapFlags.Anonymous | MapFlags.Fixed | MapFlags.ReadWrite, start);
                break;
            case Call.Unmap:
                process.Unmap(start, bytes);
                break;
            case Call.Protect:
                process.Protect(start, bytes, (MapFlags)(act.How & 3));
                break;
            case Call.Touch or Call.Read:
                TouchIfAllowed(process, start / Page, act.Pages, act.Call == Call.Read ? TouchKind.Read : TouchKind.Write);
                break;
            case Call.Move:
                process.Ask(new Request(RequestKind.Mremap, start, bytes, bytes + (ulong)(act.How % 3 * 64) * Page, act.How % 2 == 0 ? 0 : Arena + ((ulong)act.How * Page)));
                break;
            case Call.Advise:
                process.Advise(start, bytes, _advice[act.How % _advice.Length]);
                break;
            case Call.Lock:
                process.Ask(new Request(RequestKind.Mlock, start, bytes, (ulong)(act.How & 1)));
                break;
            case Call.Unlock:
                process.Ask(new Request(RequestKind.Munlock, start, bytes));
                break;
            case Call.LockAll:
                process.Ask(act.How % 2 == 0 ? new Request(RequestKind.Mlockall, (ulong)(act.How % 8)) : new Request(RequestKind.Munlockall));
                break;
            case Call.Heap:
                process.Ask(new Request(RequestKind.Brk, (ulong)process.Ask(new Request(RequestKind.Brk)) + ((ulong)act.How * 100) - 50_000));
                break;
            case Call.Fork when processes.Count < MostProcesses:
                if (process.Fork(out _) is { } child)
                {
                    processes.Add(child);
                }

                break;
            case Call.Exit when processes.Count > 1:
                process.Exit();
                break;
            default:
                break;
        }
    }

    /// <summary>Touches the part of a range that its first area holds and allows to touch.</summary>
    private static void TouchIfAllowed(AProcess process, ulong page, int pages, TouchKind kind)
    {
        var right = kind == TouchKind.Read ? VmaFlags.Read : VmaFlags.Write;
        if (process.Memory.FindAtOrAbove(page) is { } area && area.Has(right) && (area.Flags & VmaFlags.PfnMap) == 0)
        {
            var start = Math.Max(page, area.StartPage);
            process.Touch(start * Page, Math.Min((ulong)pages, area.EndPage - start) * Page, kind);
        }
    }
}
