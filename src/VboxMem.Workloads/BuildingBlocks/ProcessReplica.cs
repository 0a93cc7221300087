// A process of given sizes: so much resident memory of each kind, to the page, and so much in swap; then it sleeps and reaps children.
//
//   forked children give up what they shall not have --> swapped out --> anonymous --> files --> shared memory --> threads --> children --> rest
//
// Each kind is mapped at a place of its own, so that a forked child knows what it has inherited. How much is missing the program learns
// from the kernel (ReadFigure), so that what exec made resident counts as well.
//
// Invariants
//   R1  The anonymous mapping is one range from AnonBase on: in front what is shared with the parent, behind it the process's own.
//   R2  A file that several processes map is made as large as the largest of them needs, whoever comes first.
//
// Departs  what the kernel refuses is left out, and the process lives on without it. What goes to swap is zeros, which need no disk: so it
//          is out at once, and does not stay in the swap cache; in no huge pages, which would be split and not swapped out.

using VboxMem.Kernel;
using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Workloads.BuildingBlocks;

/// <summary>Has so much memory of each kind as another process had, and does nothing with it.</summary>
internal sealed class ProcessReplica : UserProgram
{
    private const ulong PageBytes = 4096;
    private const ulong ChildSignal = 1UL << (int)Signal.Child;
    private const int MostSwapOuts = 4;

    private readonly ProgramSetting _setting;
    private Stage _stage;
    private bool _isForked;
    private bool _isThread;
    private int _part;
    private int _group;
    private int _forked;
    private ulong _threads = 1;
    private int _swapOuts;
    private ulong _descriptor;
    private ulong _swapPages;
    private ulong _anonPages;
    private ulong _sharedPages;
    private ulong _ownPages;
    private PartPages _mapped;

    public ProcessReplica(ProgramSetting setting)
    {
        _setting = setting;
        Image = ReplicaFiles.ImageOf(setting.Group);
    }

    /// <summary>What comes next.</summary>
    private enum Stage
    {
        Start,
        Nice,
        OomScore,
        Name,
        Title,
        DropParts,
        DropSwap,
        CountInherited,
        DropInherited,
        MapSwap,
        PlainSwap,
        FillSwap,
        SwapOut,
        CountSwap,
        LookAtSwap,
        CountAnon,
        MapAnon,
        FillAnon,
        CountPart,
        OpenPart,
        MapPart,
        ReadPart,
        TouchPart,
        ClosePart,
        PartDone,
        Threads,
        Children,
        Rest,
        Reap,
        Reaped,
    }

    public override ProgramImage Image { get; }

    public override string CommandLine => ReplicaFiles.CommandLineOf(_setting.Group);

    public override ulong HandledSignals => ChildSignal;

    /// <summary>The group it belongs to.</summary>
    public string GroupName => _setting.Name;

    private ProgramParameters Wanted => _setting.Parameters;

    private ReplicaParameters Sizes => _setting.Parameters.Replica;

    public override UserProgram Clone() => (UserProgram)MemberwiseClone();

    public override void HashInto(StateHash hash)
    {
        hash.Add(_setting.Name);
        hash.Add((long)_stage);
        hash.Add(((_isForked ? 1L : 0) << 1) | (_isThread ? 1L : 0));
        hash.Add(((long)_part << 32) | (uint)_group);
        hash.Add(((long)_forked << 32) | (uint)_swapOuts);
        hash.Add(_threads);
        hash.Add(_descriptor);
        hash.Add(_swapPages);
        hash.Add(_anonPages);
        hash.Add(_sharedPages);
        hash.Add(_ownPages);
        hash.Add<ulong>(_mapped);
    }

    public override Request Next(in Reply last)
    {
        if (_isThread)
        {
            return new Request(RequestKind.Pause);
        }

        Request next;
        while (!(_stage <= Stage.DropInherited ? TryBegin(last, out next)
            : _stage <= Stage.FillAnon ? TryAnonymous(last, out next)
            : _stage <= Stage.PartDone ? TryParts(last, out next)
            : TryLive(last, out next)))
        {
            // the next stage has something to ask
        }

        return next;
    }

    /// <summary>A forked child becomes somebody else; it calls exec where it shares nothing, else it gives up what it shall not share.</summary>
    private bool TryBegin(in Reply last, out Request next)
    {
        next = default;
        var group = _setting.Group;
        switch (_stage++)
        {
            case Stage.Start when !_isForked:
                _stage = Stage.MapSwap;
                return false;
            case Stage.Start:
                next = new Request(RequestKind.SetIdentity, group.Uid, group.Gid ?? group.Uid);
                return true;
            case Stage.Nice:
                next = new Request(RequestKind.SetNice, (ulong)(long)group.Nice);
                return true;
            case Stage.OomScore:
                next = new Request(RequestKind.SetOomScoreAdj, (ulong)(long)group.OomScoreAdj);
                return true;
            case Stage.Name when Sizes.InheritedBytes == 0:
                next = new Request(RequestKind.Execute, Path: Image.Path, Program: new ProcessReplica(_setting));
                return true;
            case Stage.Name:
                next = new Request(RequestKind.SetName, Path: Image.Comm);
                return true;
            case Stage.Title:
                next = new Request(RequestKind.SetTitle, Path: CommandLine.TrimEnd('\0'));
                return CommandLine.Length > 0;
            case Stage.DropParts:
                return TryDropPart(out next);
            case Stage.DropSwap:
                next = new Request(RequestKind.Munmap, ReplicaFiles.SwapBase, _swapPages * PageBytes);
                return _swapPages > 0;
            case Stage.CountInherited:
                next = Figure(MemoryFigure.OwnAnon);
                return true;
            default:
                return TryKeepInherited((ulong)Math.Max(0, last.Value), out next);
        }
    }

    private bool TryDropPart(out Request next)
    {
        next = default;
        for (var part = 0; part < PartPages.Count; part++)
        {
            if (_mapped[part] > 0)
            {
                next = new Request(RequestKind.Munmap, ReplicaFiles.PartBase(part), _mapped[part] * PageBytes);
                _mapped[part] = 0;
                _stage = Stage.DropParts;
                return true;
            }
        }

        return false;
    }

    private bool TryKeepInherited(ulong residentPages, out Request next)
    {
        var others = residentPages - Math.Min(residentPages, _anonPages);
        var wanted = Pages(Sizes.InheritedBytes);
        var kept = Math.Min(_anonPages, wanted - Math.Min(wanted, others));
        next = new Request(RequestKind.Munmap, ReplicaFiles.AnonBase + (kept * PageBytes), (_anonPages - kept) * PageBytes);
        var isAny = kept < _anonPages;
        (_anonPages, _swapPages) = (kept, 0);
        return isAny;
    }

    private bool TryAnonymous(in Reply last, out Request next)
    {
        next = default;
        var swapBytes = _swapPages * PageBytes;
        switch (_stage++)
        {
            case Stage.MapSwap:
                _swapPages = Pages(Sizes.SwappedBytes);
                _stage = _swapPages > 0 ? _stage : Stage.CountAnon;
                next = Map(ReplicaFiles.SwapBase, _swapPages, MapFlags.ReadWrite | MapFlags.Anonymous);
                return _swapPages > 0;
            case Stage.PlainSwap:
                _swapPages = last.IsError ? 0 : _swapPages;
                _stage = last.IsError ? Stage.CountAnon : _stage;
                next = new Request(RequestKind.Madvise, ReplicaFiles.SwapBase, swapBytes, (ulong)Advice.NoHugePage);
                return !last.IsError;
            case Stage.FillSwap:
                next = new Request(RequestKind.Touch, ReplicaFiles.SwapBase, swapBytes, (ulong)TouchKind.WriteZeros);
                return true;
            case Stage.SwapOut:
                next = new Request(RequestKind.Madvise, ReplicaFiles.SwapBase, swapBytes, (ulong)Advice.PageOut);
                return true;
            case Stage.CountSwap:
                next = Figure(MemoryFigure.OwnSwap);
                return true;
            case Stage.LookAtSwap:
                var isMissing = (ulong)last.Value < _swapPages && ++_swapOuts < MostSwapOuts;
                _stage = isMissing ? Stage.SwapOut : _stage;
                return false;
            case Stage.CountAnon:
                next = Figure(MemoryFigure.OwnAnon);
                return true;
            case Stage.MapAnon:
                _ownPages = Missing(Pages(Wanted.SizeBytes), last.Value);
                _stage = _ownPages > 0 ? _stage : Stage.CountPart;
                next = Map(ReplicaFiles.AnonBase + (_anonPages * PageBytes), _ownPages, MapFlags.ReadWrite | MapFlags.Anonymous);
                return _ownPages > 0;
            default:
                next = new Request(RequestKind.Touch, ReplicaFiles.AnonBase + (_anonPages * PageBytes), _ownPages * PageBytes, (ulong)TouchKind.Write);
                _anonPages += last.IsError ? 0 : _ownPages;
                return !last.IsError;
        }
    }

    /// <summary>Files, then shared memory: of each the part that is everybody's, then the part of those that run the same program.</summary>
    private bool TryParts(in Reply last, out Request next)
    {
        next = default;
        var isFile = PartPages.IsFile(_part);
        var (address, bytes) = (ReplicaFiles.PartBase(_part), _mapped[_part] * PageBytes);
        switch (_stage++)
        {
            case Stage.CountPart:
                _stage = PartPages.IsShared(_part) ? _stage : Stage.OpenPart;
                next = Figure(isFile ? MemoryFigure.OwnFile : MemoryFigure.OwnShmem);
                return PartPages.IsShared(_part);
            case Stage.OpenPart:
                Divide(last, isFile);
                var size = ReplicaFiles.SizeOf(_setting, _part);
                next = new Request(RequestKind.Open, (ulong)(OpenFlagsOf(isFile)), size, Path: ReplicaFiles.PathOf(_setting.Group, _part));
                _stage = _mapped[_part] > 0 ? _stage : Stage.PartDone;
                return _mapped[_part] > 0;
            case Stage.MapPart:
                _descriptor = (ulong)last.Value;
                _stage = last.IsError ? Stage.PartDone : _stage;
                next = Map(address, _mapped[_part], isFile ? MapFlags.Read : MapFlags.ReadWrite | MapFlags.Shared, _descriptor);
                return !last.IsError;
            case Stage.ReadPart:
                _stage = last.IsError ? Stage.ClosePart : _stage;
                next = new Request(RequestKind.Madvise, address, bytes, (ulong)Advice.WillNeed);
                return isFile && !last.IsError;
            case Stage.TouchPart:
                next = new Request(RequestKind.Touch, address, bytes, (ulong)(isFile ? TouchKind.Read : TouchKind.Write));
                return true;
            case Stage.ClosePart:
                next = new Request(RequestKind.Close, _descriptor);
                return true;
            default:
                _stage = ++_part < PartPages.Count ? Stage.CountPart : Stage.Threads;
                return false;
        }
    }

    private static Kernel.PageCache.OpenFlags OpenFlagsOf(bool isFile) =>
        Kernel.PageCache.OpenFlags.Create | (isFile ? Kernel.PageCache.OpenFlags.Read : Kernel.PageCache.OpenFlags.Write);

    /// <summary>At the shared part: how much of a kind is missing, and how that is divided.</summary>
    private void Divide(in Reply last, bool isFile)
    {
        if (PartPages.IsShared(_part))
        {
            var missing = Missing(Pages(isFile ? Sizes.FileBytes : Sizes.ShmemBytes), last.Value);
            _sharedPages = Math.Min(missing, Pages(isFile ? Sizes.SharedFileBytes : Sizes.SharedShmemBytes));
            _ownPages = missing - _sharedPages;
        }

        _mapped[_part] = PartPages.IsShared(_part) ? _sharedPages : _ownPages;
    }

    private bool TryLive(in Reply last, out Request next)
    {
        next = default;
        switch (_stage)
        {
            case Stage.Threads when _threads < Wanted.Count && !last.IsError:
                _threads++;
                var thread = (ProcessReplica)Clone();
                thread._isThread = true;
                next = new Request(RequestKind.CloneThread, Program: thread);
                return true;
            case Stage.Threads:
                _stage = Stage.Children;
                return false;
            case Stage.Children:
                return TryFork(out next);
            case Stage.Rest:
                _stage = Stage.Reap;
                next = new Request(RequestKind.Pause);
                return true;
            case Stage.Reap:
                _stage = Stage.Reaped;
                next = new Request(RequestKind.WaitChild, 1);
                return true;
            default:
                _stage = last.Value > 0 ? Stage.Reap : Stage.Rest;
                return false;
        }
    }

    /// <summary>Forks the children that are its to start, group by group.</summary>
    private bool TryFork(out Request next)
    {
        next = default;
        for (; _setting.Instance == 0 && _group < _setting.Groups.Count; _group++, _forked = 0)
        {
            var group = _setting.Groups[_group];
            if (group.Parent == GroupName && ReplicaFiles.IsStartedByParent(_setting.Groups, group) && _forked < group.Processes)
            {
                next = new Request(RequestKind.Fork, Program: MakeChild(group, _forked++));
                return true;
            }
        }

        _stage = Stage.Rest;
        return false;
    }

    private ProcessReplica MakeChild(GroupConfiguration group, int instance) => new(_setting with { Group = group, Instance = instance })
    {
        _isForked = true,
        _anonPages = _anonPages,
        _swapPages = _swapPages,
        _mapped = _mapped,
    };

    private static Request Map(ulong address, ulong pages, MapFlags flags, ulong descriptor = 0) =>
        new(RequestKind.Mmap, pages * PageBytes, address | (ulong)(flags | MapFlags.Fixed), descriptor);

    private static Request Figure(MemoryFigure figure) => new(RequestKind.ReadFigure, (ulong)figure);

    private static ulong Pages(ulong bytes) => bytes / PageBytes;

    private static ulong Missing(ulong wanted, long resident) => wanted - Math.Min(wanted, (ulong)Math.Max(0, resident));
}
