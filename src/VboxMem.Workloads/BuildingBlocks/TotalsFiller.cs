// Brings the totals of a box up to given ones, as /proc/meminfo shows them, once what else runs has settled; then it keeps up the dirty
// pages, which the kernel writes back all the time.
//
//   settle --> swap --> shared memory --> buffers (files made) --> sync --> dirty --> cached (a file read) --> names --> open files --> keep
//
// Each kind has a target; the program looks how much is missing and adds that (ReadFigure). What is there already is never taken away.
//
// Departs  reclaimable slabs are names and inodes, unreclaimable ones open files: what holds them on the machine in question is not known.

using System.Globalization;
using VboxMem.Kernel;
using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Workloads.BuildingBlocks;

/// <summary>Fills page cache, shared memory, slabs and swap up to given totals.</summary>
internal sealed class TotalsFiller : UserProgram
{
    private const ulong PageBytes = 4096;
    private const ulong ReadBytes = 1 << 20;
    private const ulong Second = 1_000_000_000;
    private const ulong LookAgain = 100_000_000;
    private const int CalmLooks = 2;
    private const int MostLooks = 300;

    /// <summary>Slab pages that making files may fall short by: names make up for them, one page at a time.</summary>
    private const long SpareSlabPages = 64;

    private const ulong MostFiles = 4_000_000;
    private const ulong MostNames = 20_000_000;

    /// <summary>Objects added between two looks, for each page that is missing: fewer than a page holds.</summary>
    private const long ObjectsPerPage = 8;

    private static readonly MemoryFigure[] _watched = [MemoryFigure.AnonPages, MemoryFigure.Cached, MemoryFigure.SwapUsed];

    private readonly ProgramSetting _setting;
    private Stage _stage;
    private int _looks;
    private int _calm;
    private int _watch;
    private ulong _sum;
    private ulong _lastSum;
    private long _missing;
    private ulong _descriptor;
    private ulong _address;
    private ulong _done;
    private ulong _files;
    private ulong _kept;
    private ulong _names;

    public TotalsFiller(ProgramSetting setting)
    {
        _setting = setting;
        Image = new ProgramImage(
            ReplicaFiles.FillerExecutable, TextBytes: PageBytes, ReadOnlyBytes: 0, DataBytes: 0, BssBytes: 0, StartedBytes: PageBytes,
            DirtiedBytes: 0, Libraries: [], Name: setting.Name) { HasFixedAddress = true };
    }

    private enum Stage
    {
        Settle,
        Watch,
        Judge,
        Swap,
        SwapMap,
        SwapPlain,
        SwapFill,
        SwapOut,
        Shmem,
        ShmemOpen,
        ShmemMap,
        ShmemFill,
        ShmemUnmap,
        ShmemClose,
        Buffers,
        BuffersLook,
        SlabLook,
        MakeFile,
        CloseFile,
        RemoveFiles,
        Sync,
        DirtyOpen,
        DirtyOpened,
        Dirty,
        DirtyLook,
        DirtyWrite,
        Cached,
        CachedOpen,
        CachedOpened,
        CachedRead,
        CachedClose,
        Names,
        NamesLook,
        NameOne,
        OpenFirst,
        Opened,
        OpenLook,
        OpenOne,
        Keep,
        KeepLook,
        KeepSeek,
        KeepWrite,
        KeepMeasure,
        KeepJudge,
    }

    public override ProgramImage Image { get; }

    /// <summary>Its targets stand among its arguments, so that whoever looks at the box can see what it was to have.</summary>
    public override string CommandLine => ReplicaFiles.FillerCommandLine(Wanted);

    private ReplicaParameters Wanted => _setting.Parameters.Replica;

    public override UserProgram Clone() => (UserProgram)MemberwiseClone();

    public override void HashInto(StateHash hash)
    {
        hash.Add(_setting.Name);
        hash.Add((long)_stage);
        hash.Add(((long)_looks << 32) | (uint)_calm);
        hash.Add((long)_watch);
        hash.Add(_sum);
        hash.Add(_lastSum);
        hash.Add(_missing);
        hash.Add(_descriptor);
        hash.Add(_address);
        hash.Add(_done);
        hash.Add(_files);
        hash.Add(_kept);
        hash.Add(_names);
    }

    public override Request Next(in Reply last)
    {
        Request next;
        while (!(_stage <= Stage.SwapOut ? TryBegin(last, out next)
            : _stage <= Stage.ShmemClose ? TryShmem(last, out next)
            : _stage <= Stage.Sync ? TryBuffers(last, out next)
            : _stage <= Stage.CachedClose ? TryCached(last, out next)
            : _stage <= Stage.OpenOne ? TrySlabs(last, out next)
            : TryKeep(last, out next)))
        {
            // the next stage has something to ask
        }

        return next;
    }

    /// <summary>Waits until nothing has changed for two seconds, then puts into swap what is in nobody's.</summary>
    private bool TryBegin(in Reply last, out Request next)
    {
        next = default;
        switch (_stage++)
        {
            case Stage.Settle:
                (_watch, _sum) = (0, 0);
                next = new Request(RequestKind.Sleep, Second);
                return true;
            case Stage.Watch:
                _sum = _watch == 0 ? 0 : (_sum * 31) + (ulong)last.Value;
                if (_watch == _watched.Length)
                {
                    return false;
                }

                _stage = Stage.Watch;
                next = Figure(_watched[_watch++]);
                return true;
            case Stage.Judge:
                _calm = _sum == _lastSum ? _calm + 1 : 0;
                _lastSum = _sum;
                _stage = _calm >= CalmLooks || ++_looks >= MostLooks ? Stage.Swap : Stage.Settle;
                return false;
            case Stage.Swap:
                _stage = Wanted.SwappedBytes > 0 ? Stage.SwapMap : Stage.Shmem;
                next = Figure(MemoryFigure.SwapUsed);
                return Wanted.SwappedBytes > 0;
            case Stage.SwapMap:
                _missing = MissingOf(Wanted.SwappedBytes, last);
                _stage = _missing > 0 ? _stage : Stage.Shmem;
                next = new Request(RequestKind.Mmap, Bytes(_missing), (ulong)(MapFlags.ReadWrite | MapFlags.Anonymous));
                return _missing > 0;
            case Stage.SwapPlain:
                _address = (ulong)last.Value;
                _stage = last.IsError ? Stage.Shmem : _stage;
                next = new Request(RequestKind.Madvise, _address, Bytes(_missing), (ulong)Advice.NoHugePage);
                return !last.IsError;
            case Stage.SwapFill:
                next = new Request(RequestKind.Touch, _address, Bytes(_missing), (ulong)TouchKind.WriteZeros);
                return true;
            default:
                next = new Request(RequestKind.Madvise, _address, Bytes(_missing), (ulong)Advice.PageOut);
                return true;
        }
    }

    /// <summary>A file in a tmpfs, written through a mapping that is then taken down.</summary>
    private bool TryShmem(in Reply last, out Request next)
    {
        next = default;
        switch (_stage++)
        {
            case Stage.Shmem:
                next = Figure(MemoryFigure.Shmem);
                return true;
            case Stage.ShmemOpen:
                _missing = MissingOf(Wanted.ShmemBytes, last);
                _stage = _missing > 0 ? _stage : Stage.Buffers;
                next = new Request(RequestKind.Open, (ulong)(OpenFlags.Create | OpenFlags.Write), Bytes(_missing), Path: ReplicaFiles.FillerShmem);
                return _missing > 0;
            case Stage.ShmemMap:
                _descriptor = (ulong)last.Value;
                _stage = last.IsError ? Stage.Buffers : _stage;
                next = new Request(RequestKind.Mmap, Bytes(_missing), (ulong)(MapFlags.ReadWrite | MapFlags.Shared), _descriptor);
                return !last.IsError;
            case Stage.ShmemFill:
                _address = (ulong)last.Value;
                _stage = last.IsError ? Stage.ShmemClose : _stage;
                next = new Request(RequestKind.Touch, _address, Bytes(_missing), (ulong)TouchKind.Write);
                return !last.IsError;
            case Stage.ShmemUnmap:
                next = new Request(RequestKind.Munmap, _address, Bytes(_missing));
                return true;
            default:
                next = new Request(RequestKind.Close, _descriptor);
                return true;
        }
    }

    /// <summary>Makes files until the blocks of their inodes are as many as wanted. Those for which slabs have no room are removed again.</summary>
    private bool TryBuffers(in Reply last, out Request next)
    {
        next = default;
        switch (_stage++)
        {
            case Stage.Buffers:
                next = Figure(MemoryFigure.Buffers);
                return true;
            case Stage.BuffersLook:
                _missing = MissingOf(Wanted.BuffersBytes, last);
                next = Figure(MemoryFigure.SlabReclaimable);
                return true;
            case Stage.SlabLook:
                _kept += _kept == _files && MissingOf(Wanted.ReclaimableBytes, last) > SpareSlabPages ? 1UL : 0;
                _stage = _missing > 0 && _files < MostFiles ? _stage : Stage.RemoveFiles;
                return false;
            case Stage.MakeFile:
                next = new Request(RequestKind.Open, (ulong)(OpenFlags.Create | OpenFlags.Write), Path: FileName(_files++));
                return true;
            case Stage.CloseFile:
                _stage = last.IsError ? Stage.RemoveFiles : Stage.Buffers;
                next = new Request(RequestKind.Close, (ulong)last.Value);
                return !last.IsError;
            case Stage.RemoveFiles:
                _stage = _files > _kept ? Stage.RemoveFiles : Stage.Sync;
                next = new Request(RequestKind.Unlink, Path: FileName(_files - 1));
                _files -= _files > _kept ? 1UL : 0;
                return _stage == Stage.RemoveFiles;
            default:
                next = new Request(RequestKind.Sync);
                return true;
        }
    }

    private bool TryCached(in Reply last, out Request next)
    {
        next = default;
        switch (_stage++)
        {
            case Stage.DirtyOpen:
                _stage = Wanted.DirtyBytes > 0 ? _stage : Stage.Cached;
                next = new Request(RequestKind.Open, (ulong)(OpenFlags.Create | OpenFlags.Write), Path: ReplicaFiles.FillerDirty);
                return Wanted.DirtyBytes > 0;
            case Stage.DirtyOpened:
                _descriptor = (ulong)last.Value;
                _stage = last.IsError ? Stage.Cached : _stage;
                return false;
            case Stage.Dirty:
                next = Figure(MemoryFigure.Dirty);
                return true;
            case Stage.DirtyLook:
                _stage = MissingOf(Wanted.DirtyBytes, last) > 0 && _done < Wanted.DirtyBytes ? Stage.DirtyWrite : Stage.Cached;
                return false;
            case Stage.DirtyWrite:
                _stage = Stage.Dirty;
                _done += PageBytes;
                next = new Request(RequestKind.Write, _descriptor, PageBytes);
                return true;
            case Stage.Cached:
                next = Figure(MemoryFigure.Cached);
                return true;
            case Stage.CachedOpen:
                _missing = MissingOf(Wanted.CachedBytes, last);
                _stage = _missing > 0 ? _stage : Stage.Names;
                next = new Request(RequestKind.Open, (ulong)OpenFlags.Create, Bytes(_missing), Path: ReplicaFiles.FillerCached);
                return _missing > 0;
            case Stage.CachedOpened:
                _address = (ulong)last.Value;   // the descriptor, while the dirty file's is kept
                _stage = last.IsError ? Stage.Names : _stage;
                return false;
            case Stage.CachedRead:
                next = new Request(RequestKind.Read, _address, ReadBytes);
                return true;
            default:
                _stage = !last.IsError && last.Value > 0 ? Stage.CachedRead : _stage;
                next = new Request(RequestKind.Close, _address);
                return _stage != Stage.CachedRead;
        }
    }

    /// <summary>Names that do not exist, and files open over and over: both a page of slab at a time.</summary>
    private bool TrySlabs(in Reply last, out Request next)
    {
        next = default;
        switch (_stage++)
        {
            case Stage.Names:
                next = Figure(MemoryFigure.SlabReclaimable);
                return true;
            case Stage.NamesLook:
                _missing = MissingOf(Wanted.ReclaimableBytes, last) * ObjectsPerPage;
                _stage = _missing > 0 && _names < MostNames ? _stage : Stage.OpenFirst;
                return false;
            case Stage.NameOne:
                _stage = --_missing > 0 ? Stage.NameOne : Stage.Names;
                next = new Request(RequestKind.Stat, Path: string.Create(CultureInfo.InvariantCulture, $"{ReplicaFiles.FillerFolder}/none-{_names++}"));
                return true;
            case Stage.OpenFirst or Stage.Opened:
                _stage = Stage.OpenLook;
                next = Figure(MemoryFigure.SlabUnreclaimable);
                return true;
            case Stage.OpenLook:
                _missing = MissingOf(Wanted.UnreclaimableBytes, last) * ObjectsPerPage;
                _stage = _missing > 0 ? _stage : Stage.Keep;
                return false;
            default:
                _stage = last.IsError ? Stage.Keep : --_missing > 0 ? Stage.OpenOne : Stage.Opened;
                next = new Request(RequestKind.Open, (ulong)OpenFlags.Read, Path: ReplicaFiles.FillerExecutable);
                return !last.IsError;
        }
    }

    /// <summary>Looks every 100 ms whether pages were written back, and writes to them again.</summary>
    private bool TryKeep(in Reply last, out Request next)
    {
        next = default;
        switch (_stage++)
        {
            case Stage.Keep when _done == 0:
                _stage = Stage.Keep;
                next = new Request(RequestKind.Pause);
                return true;
            case Stage.Keep:
                next = new Request(RequestKind.SleepUntil, ((last.Now.Nanoseconds / LookAgain) + 1) * LookAgain);
                return true;
            case Stage.KeepLook:
                next = Figure(MemoryFigure.Dirty);
                return true;
            case Stage.KeepSeek:
                _stage = MissingOf(Wanted.DirtyBytes, last) > 0 ? _stage : Stage.Keep;
                _address = 0;
                next = new Request(RequestKind.Seek, _descriptor);
                return _stage != Stage.Keep;
            case Stage.KeepWrite:
                _stage = _address < _done ? _stage : Stage.Keep;
                _address += PageBytes;
                next = new Request(RequestKind.Write, _descriptor, PageBytes);
                return _stage != Stage.Keep;
            case Stage.KeepMeasure:
                next = Figure(MemoryFigure.Dirty);
                return true;
            default:
                _stage = MissingOf(Wanted.DirtyBytes, last) > 0 ? Stage.KeepWrite : Stage.Keep;
                return false;
        }
    }

    private static string FileName(ulong number) => string.Create(CultureInfo.InvariantCulture, $"{ReplicaFiles.FillerFolder}/file-{number}");

    private static Request Figure(MemoryFigure figure) => new(RequestKind.ReadFigure, (ulong)figure);

    private static ulong Bytes(long pages) => (ulong)pages * PageBytes;

    private static long MissingOf(ulong wantedBytes, in Reply last) => Math.Max(0, (long)(wantedBytes / PageBytes) - Math.Max(0, last.Value));
}
