namespace VboxMem.Kernel.PageCache;

/// <summary>Faults that have begun to read and wait for it: when they are done again, the page is there, and they are major all the same.</summary>
internal sealed class MajorFaults
{
    private readonly List<Fault> _faults = [];

    public MajorFaults Clone()
    {
        var copy = new MajorFaults();
        copy._faults.AddRange(_faults);
        return copy;
    }

    /// <summary>A task's fault has begun to read. False: that was known.</summary>
    public bool Note(int pid, int inode, ulong index)
    {
        var fault = new Fault(pid, inode, index);
        var known = IndexOf(pid);
        if (known < 0)
        {
            _faults.Add(fault);
            return true;
        }

        var isNew = _faults[known] != fault;
        _faults[known] = fault;
        return isNew;
    }

    /// <summary>A task's fault is done. True: it was noted.</summary>
    public bool Take(int pid, int inode, ulong index)
    {
        var known = IndexOf(pid);
        if (known < 0)
        {
            return false;
        }

        var isThis = _faults[known] == new Fault(pid, inode, index);
        _faults.RemoveAt(known);   // one that was given up counts no more
        return isThis;
    }

    public void HashInto(StateHash hash)
    {
        foreach (var fault in _faults)
        {
            hash.Add(((ulong)(uint)fault.Pid << 32) | (uint)fault.Inode);
            hash.Add(fault.Index);
        }
    }

    private int IndexOf(int pid)
    {
        for (var i = 0; i < _faults.Count; i++)
        {
            if (_faults[i].Pid == pid)
            {
                return i;
            }
        }

        return -1;
    }

    private readonly record struct Fault(int Pid, int Inode, ulong Index);
}
