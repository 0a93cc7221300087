// The numbers behind the files of /proc/sys/kernel that decide something in the machine.
//
// Models   Linux 6.12 mm/memory.c: randomize_va_space, a plain int without a range; norandmaps on the command line sets it to 0.

namespace VboxMem.Kernel.Sysctl;

public sealed class KernelSettings
{
    private static readonly SysctlFile _randomizeVaSpace = new()
    {
        Name = "randomize_va_space",
        Meaning = "Whether new programs lie where chance puts them: nothing (0), all but the heap (1), all (2).",
    };

    /// <param name="isRandom">False: boot was told to leave nothing to chance.</param>
    public KernelSettings(bool isRandom) => RandomizeVaSpace = isRandom ? 2 : 0;

    private KernelSettings(KernelSettings other) => RandomizeVaSpace = other.RandomizeVaSpace;

    /// <summary>Decides where the next programs lie; those that run stay where they are.</summary>
    public int RandomizeVaSpace { get; private set; }

    public KernelSettings Clone() => new(this);

    /// <summary>One write(2) to randomize_va_space, by root.</summary>
    /// <returns>False where Linux answers EINVAL; nothing has changed then.</returns>
    public bool TryWriteRandomizeVaSpace(ReadOnlySpan<byte> text)
    {
        if (!_randomizeVaSpace.TryParse(text, out var write))
        {
            return false;
        }

        RandomizeVaSpace = write.Count > 0 ? (int)write.Number : RandomizeVaSpace;
        return true;
    }

    public void HashInto(StateHash hash) => hash.Add((long)RandomizeVaSpace);
}
