// What is done to a box from outside, as plain data: what a command of the console comes to in the end. Done again at its moment on a box
// in the same state it does the same, without the command, however long that lasted and whatever it was waiting for meanwhile.

using VboxMem.Kernel.Sched;
using VboxMem.Workloads.Programs;

namespace VboxMem.Session.History;

/// <summary>One thing done to a box at one moment. Immutable.</summary>
internal abstract record BoxAct
{
    /// <summary>Does it to a box; what comes of it, the box itself knows.</summary>
    public abstract void DoTo(Box box);
}

/// <summary>A write to a file.</summary>
internal sealed record WriteAct(string Path, ReadOnlyMemory<byte> Content) : BoxAct
{
    public override void DoTo(Box box) => _ = box.Tree.TryWrite(Path, Content.Span);
}

/// <summary>A signal to processes.</summary>
internal sealed record SignalAct(int Pid, int Signal) : BoxAct
{
    public override void DoTo(Box box) => _ = box.Tree.TrySignal(Pid, Signal);
}

/// <summary>The start of a program.</summary>
/// <param name="Program">As it was before it began; each start gets a copy.</param>
internal sealed record SpawnAct(SpawnedCommand Program) : BoxAct
{
    public override void DoTo(Box box) => _ = box.Workload.Verbs.Spawn((SpawnedCommand)Program.Clone());
}

/// <summary>A limit of a process.</summary>
internal sealed record LimitAct(int Pid, LimitKind Kind, ulong? Soft, ulong? Hard) : BoxAct
{
    public override void DoTo(Box box) => _ = box.Workload.Verbs.TrySetLimit(Pid, Kind, Soft, Hard);
}

/// <summary>An order about a group.</summary>
internal sealed record GroupAct(GroupOrder Order, string Group) : BoxAct
{
    public override void DoTo(Box box) => _ = box.Workload.Verbs.Order(Order, Group);
}

/// <summary>Who is told of what is about to be done to a box.</summary>
internal interface IActLog
{
    void Note(BoxAct act);
}
