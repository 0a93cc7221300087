// open, read, write, fsync and their kin, as requests; descriptors.
//
// Models   Linux 6.12 fs/open.c, fs/read_write.c, fs/file.c, mm/fadvise.c (facts: reclaim, 7.6).
// Departs  NOREUSE is a mark of the open file, and mappings of it do not see it.

using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.PageCache;

internal sealed class FileCalls(Machine machine)
{
    private readonly FileRead _read = new(machine);
    private readonly FileWrite _write = new(machine);
    private readonly ShmemCalls _shmem = new(machine);
    private readonly Truncation _truncation = new(machine);
    private readonly FileOpening _opening = new(machine);
    private readonly FileRemoval _removal = new(machine);
    private readonly FileAdvising _advising = new(machine);

    public StepResult Step(Process task, out long answer)
    {
        answer = 0;
        ref readonly var request = ref task.RequestReference;
        switch (request.Kind)
        {
            case RequestKind.Open:
                return _opening.Step(task, request.Path!, (OpenFlags)request.A, request.B, out answer);
            case RequestKind.Unlink:
                return _removal.Step(task, request.Path!, out answer);
            case RequestKind.Stat:
                return Stat(task, request.Path!, out answer);
            case RequestKind.Sync:
                return machine.Dirty.StepSync(task, 0);
            default:
                break;
        }

        var file = task.HeldFile != 0 ? task.HeldFile : FileOf(task, (int)request.A);
        if (file == 0)
        {
            answer = SystemCalls.Answer(SystemCallError.BadDescriptor);
            return StepResult.Done;
        }

        var result = StepOpen(task, request, file, out answer);
        if (result == StepResult.Done && !task.Allocation.IsPending)
        {
            LetGoOfHeld(task);
        }
        else if (task.HeldFile == 0 && task.Group.Threads.Count > 1)
        {
            task.HeldFile = file;   // another thread may close the descriptor before the next step
            machine.FileSystems.Open[file].References++;
        }

        return result;
    }

    /// <summary>The request is over: lets go of the open file it worked on.</summary>
    public void LetGoOfHeld(Process task)
    {
        if (task.HeldFile != 0)
        {
            LetGo(task.HeldFile);
            task.HeldFile = 0;
        }
    }

    /// <summary>Closes a descriptor if it is open.</summary>
    public void Close(Process task, int descriptor)
    {
        var file = FileOf(task, descriptor);
        if (file == 0)
        {
            return;
        }

        task.Files[descriptor] = 0;
        LetGo(file);
    }

    /// <summary>A forked child shares its parent's open files.</summary>
    public void CopyDescriptors(Process parent, Process child)
    {
        child.Files.Clear();
        foreach (var file in parent.Files)
        {
            child.Files.Add(file);
            if (file != 0)
            {
                machine.FileSystems.Open[file].References++;
            }
        }
    }

    /// <summary>The open file behind a descriptor; 0: none.</summary>
    internal static int FileOf(Process task, int descriptor) => (uint)descriptor < (uint)task.Files.Count ? task.Files[descriptor] : 0;

    private void LetGo(int file)
    {
        var open = machine.FileSystems.Open;
        if (--open[file].References == 0)
        {
            var (inode, socket) = (open[file].Inode, open[file].Socket);
            open.Free(file, machine.Slabs["filp"]);
            if (socket != 0)
            {
                machine.Sockets.Release(socket);
            }
            else
            {
                machine.FileSystems.Release.LetGo(inode);
            }
        }
    }

    private StepResult StepOpen(Process task, in Request request, int file, out long answer)
    {
        answer = 0;
        ref var open = ref machine.FileSystems.Open[file];
        if (open.Socket != 0)
        {
            return StepSocket(task, request, out answer);
        }

        ref var inode = ref machine.FileSystems.Inodes[open.Inode];
        switch (request.Kind)
        {
            case RequestKind.Close:
                Close(task, (int)request.A);
                return StepResult.Done;
            case RequestKind.Seek:
                open.Position = request.B;
                answer = (long)request.B;
                return StepResult.Done;
            case RequestKind.Fsync:
                return inode.IsTmpfs ? StepResult.Done : machine.Dirty.StepSync(task, open.Inode);
            case RequestKind.Fadvise:
                return _advising.Step(task, file, request.B, request.C, (FileAdvice)request.D, out answer);
            default:
                break;
        }

        if (inode.IsDirectory)
        {
            answer = SystemCalls.Answer(SystemCallError.IsDirectory);
            return StepResult.Done;
        }

        switch (request.Kind)
        {
            case RequestKind.SendFile when FileOf(task, (int)request.C) is var to && (to == 0 || machine.FileSystems.Open[to].Socket == 0):
                answer = SystemCalls.Answer(SystemCallError.NotSocket);
                return StepResult.Done;
            case RequestKind.SendFile:
                return StepSendFile(task, file, inode.IsTmpfs, request.B, out answer);
            case RequestKind.Read:
                return inode.IsTmpfs ? _shmem.StepRead(task, file, request.B, out answer) : _read.Step(task, file, request.B, out answer);
            case RequestKind.Write when (open.Flags & OpenFlags.Write) == 0:
                answer = SystemCalls.Answer(SystemCallError.BadDescriptor);
                return StepResult.Done;
            case RequestKind.Write:
                return inode.IsTmpfs ? _shmem.StepWrite(task, file, request.B, out answer) : _write.Step(task, file, request.B, out answer);
            default:
                Invariant.Holds(request.Kind == RequestKind.Truncate);
                var result = _truncation.Step(task, open.Inode, request.B, out var error);
                answer = SystemCalls.Answer(error);
                return result;
        }
    }

    /// <summary>A read of the file whose bytes go out through a connection: counted as read and as written (do_sendfile).</summary>
    private StepResult StepSendFile(Process task, int file, bool isTmpfs, ulong bytes, out long answer)
    {
        var result = isTmpfs ? _shmem.StepRead(task, file, bytes, out answer) : _read.Step(task, file, bytes, out answer);
        if (result == StepResult.Done && !task.Allocation.IsPending)
        {
            task.WrittenCharacters += answer > 0 ? (ulong)answer : 0;
            task.WriteCalls++;
        }

        return result;
    }

    /// <summary>A request about a socket's descriptor.</summary>
    private StepResult StepSocket(Process task, in Request request, out long answer)
    {
        answer = 0;
        switch (request.Kind)
        {
            case RequestKind.Close:
                Close(task, (int)request.A);
                return StepResult.Done;
            case RequestKind.Read or RequestKind.Write:
                return machine.Sockets.Copy(task, request.B, out answer);
            case RequestKind.Respond:
                machine.ServiceTimes.Record(request.Path!, machine.Cpus.Now.Nanoseconds - Math.Min(request.C, machine.Cpus.Now.Nanoseconds));
                return machine.Sockets.Copy(task, request.B, out answer);
            default:
                answer = SystemCalls.Answer(SystemCallError.Invalid);
                return StepResult.Done;
        }
    }

    private StepResult Stat(Process task, string path, out long answer)
    {
        answer = 0;
        var result = machine.FileSystems.Walk.Step(task, path, out var end, out var error);
        if (result != StepResult.Done)
        {
            return result;
        }

        machine.Cpus.SpendInKernel(machine.Costs.NameLookup);
        if (error == SystemCallError.None)
        {
            error = end.Inode == 0 ? SystemCallError.NoEntry : SystemCallError.None;
            if (end.Name != 0)
            {
                machine.FileSystems.Release.PutName(end.Name);
            }
        }

        answer = SystemCalls.Answer(error);
        return StepResult.Done;
    }
}
