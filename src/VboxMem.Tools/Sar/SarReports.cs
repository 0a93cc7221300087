namespace VboxMem.Tools.Sar;

/// <summary>What sar is asked to report; printed in this order, whatever the order of the options.</summary>
[Flags]
internal enum SarReports
{
    /// <summary>-u.</summary>
    Cpu = 1,

    /// <summary>-W.</summary>
    Swapping = 2,

    /// <summary>-B.</summary>
    Paging = 4,

    /// <summary>-r.</summary>
    Memory = 8,

    /// <summary>-S.</summary>
    SwapSpace = 16,

    /// <summary>-q, -q LOAD.</summary>
    Load = 32,

    /// <summary>-q CPU.</summary>
    CpuPressure = 64,

    /// <summary>-q IO.</summary>
    IoPressure = 128,

    /// <summary>-q MEM.</summary>
    MemoryPressure = 256,

    /// <summary>-q PSI.</summary>
    Pressure = CpuPressure | IoPressure | MemoryPressure,
}
