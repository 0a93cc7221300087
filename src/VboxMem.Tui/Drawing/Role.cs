namespace VboxMem.Tui.Drawing;

/// <summary>
/// What a cell means. Panes say this and no colours; a <see cref="Theme"/> says how it looks. No two things are told apart by their role
/// alone: there is always a letter, a glyph or a place as well.
/// </summary>
public enum Role : byte
{
    Text,

    /// <summary>Figures of 0, units, what is of less interest.</summary>
    Dim,

    /// <summary>What stands out: names, the figure that matters.</summary>
    Bold,

    /// <summary>Names of figures.</summary>
    Label,

    /// <summary>Title of a part of a pane, frames.</summary>
    Title,

    /// <summary>Heading of a table; the column it is sorted by.</summary>
    Header,
    HeaderSorted,

    /// <summary>The row under the cursor; a row tagged; the place of a match.</summary>
    Selected,
    Tagged,
    Match,

    /// <summary>All is well; below low, or what deserves a look; below min, D state, killed; just changed, upwards and downwards.</summary>
    Good,
    Warning,
    Critical,
    Risen,
    Fallen,

    /// <summary>Line at the top, footer: key and label, a message, a message of something wrong.</summary>
    Status,
    FooterKey,
    FooterLabel,
    Message,
    Error,

    /// <summary>Dialogs and menus: ground, frame, the chosen entry, an input field.</summary>
    Dialog,
    DialogFrame,
    DialogChosen,
    Input,

    /// <summary>Whose memory it is, in bars, areas and the memory map.</summary>
    Free,
    Anon,
    File,
    Shmem,
    Buffers,
    Slab,
    PageTable,
    Kernel,
    PerCpu,
    Reserved,
    Hole,
    Swap,
    SwapCache,
    Dirty,
    Unevictable,

    /// <summary>Watermarks in gauges and graphs.</summary>
    Min,
    Low,
    High,

    /// <summary>CPU time and lines of graphs.</summary>
    User,
    System,
    IoWait,
    Nice,
    LineA,
    LineB,
    LineC,

    /// <summary>The kernel's log by severity.</summary>
    LogEmergency,
    LogError,
    LogWarning,
    LogInfo,
    LogDebug,
    LogTime,
}
