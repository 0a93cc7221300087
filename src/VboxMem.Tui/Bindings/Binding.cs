using VboxMem.Tui.Terminal;

namespace VboxMem.Tui.Bindings;

/// <summary>Where help lists a binding.</summary>
public enum BindingGroup
{
    Moving,
    Panes,
    Lists,
    Machine,
    Actions,
    Program,
}

/// <summary>What a command needs of the box, or else is not offered.</summary>
public enum Needs
{
    Nothing,

    /// <summary>Time that can be stopped and turned back: a simulated box.</summary>
    Machine,

    /// <summary>A box that takes writes and signals.</summary>
    Writes,
}

/// <summary>The keys of one command, and how they are told.</summary>
/// <param name="Command">What they do.</param>
/// <param name="Keys">The keys, the one to be told first first.</param>
/// <param name="Group">Where help lists them.</param>
/// <param name="Description">What they do, for help and the README.</param>
/// <param name="Footer">Label in the footer; empty: not there.</param>
/// <param name="Needs">What it needs.</param>
public sealed record Binding(
    ScreenCommand Command, IReadOnlyList<Key> Keys, BindingGroup Group, string Description, string Footer = "", Needs Needs = Needs.Nothing)
{
    /// <summary>Keys that do the same on panes of text only, as in less: elsewhere they may mean something else.</summary>
    public IReadOnlyList<Key> KeysInText { get; init; } = [];

    /// <summary>All keys, as help names them.</summary>
    public string KeyNames => string.Join(' ', Keys);

    /// <summary>What they do, and which other keys do it on panes of text.</summary>
    public string FullDescription => KeysInText.Count == 0 ? Description : $"{Description}; in the log, why and help also {string.Join(' ', KeysInText)}";
}
