using VboxMem.FileTree;

namespace VboxMem.Tools.Tests.Fuzz;

/// <summary>One thing that is wrong with a tree: at a path, with all below it.</summary>
internal sealed record Damage(string Path)
{
    /// <summary>Other content of a file.</summary>
    public byte[]? Content { get; init; }

    /// <summary>What reading, listing and following answer; ENOENT: there is nothing.</summary>
    public Errno Errno { get; init; }

    /// <summary>Where a link leads to instead.</summary>
    public string? Target { get; init; }

    /// <summary>What a directory lists; with it a file becomes a directory.</summary>
    public string[]? Names { get; init; }
}

/// <summary>A whole tree with at most one thing wrong. It tells what was asked for, and takes writes without keeping them.</summary>
internal sealed class DamagedTree : IFileTree
{
    private const int MostLinks = 40;

    public required WholeTree Whole { get; set; }

    public Damage? Damage { get; set; }

    /// <summary>Collects what is read, where it is wanted: the place, without links on the way.</summary>
    public Action<string, Errno>? Asked { get; set; }

    public List<string> Written { get; } = [];

    public Errno TryStat(string path, out NodeStat stat)
    {
        stat = default;
        var errno = Resolve(path, followLast: false, out var place);
        if (errno != Errno.None) return errno;
        var kind = IsDamaged(place) && Damage!.Names is not null ? NodeKind.Directory
            : IsDamaged(place) && Damage!.Target is not null ? NodeKind.SymbolicLink
            : Whole.Directories.ContainsKey(place) ? NodeKind.Directory
            : Whole.Links.ContainsKey(place) ? NodeKind.SymbolicLink
            : NodeKind.File;
        stat = new NodeStat(kind, kind == NodeKind.Directory ? 0b101_101_101 : 0b110_100_100, 0, 0);
        return kind == NodeKind.File && !Whole.Files.ContainsKey(place) ? Errno.ENOENT : Errno.None;
    }

    public Errno TryList(string path, out IReadOnlyList<string> names)
    {
        names = [];
        var errno = Resolve(path, followLast: true, out var place);
        var found = Whole.Directories.GetValueOrDefault(place);
        if (errno == Errno.None) errno = IsDamaged(place) && Damage!.Errno != Errno.None ? Damage.Errno : found is null ? ErrnoOfNo(place, Errno.ENOTDIR) : Errno.None;
        if (IsDamaged(place) && Damage!.Names is not null) (found, errno) = (Damage.Names, Errno.None);
        Asked?.Invoke(place, errno);
        if (errno == Errno.None) names = found!;
        return errno;
    }

    public Errno TryReadLink(string path, out string target)
    {
        target = "";
        var errno = Resolve(path, followLast: false, out var place);
        if (errno != Errno.None) return errno;
        Asked?.Invoke(place, Whole.Links.ContainsKey(place) ? Errno.None : Errno.ENOENT);
        if (LinkAt(place) is not { } found) return ErrnoOfNo(place, Errno.EINVAL);
        if (IsDamaged(place) && Damage!.Errno != Errno.None) return Damage.Errno;
        target = found;
        return Errno.None;
    }

    public Errno TryRead(string path, out ReadOnlyMemory<byte> content)
    {
        content = default;
        var errno = Resolve(path, followLast: true, out var place);
        var found = Whole.Files.GetValueOrDefault(place);
        if (errno == Errno.None)
        {
            errno = IsDamaged(place) && Damage!.Errno != Errno.None ? Damage.Errno
                : IsDamaged(place) && Damage!.Names is not null ? Errno.EISDIR
                : found is null ? ErrnoOfNo(place, Errno.EISDIR) : Errno.None;
        }

        Asked?.Invoke(place, errno);
        if (errno == Errno.None) content = IsDamaged(place) && Damage!.Content is { } other ? other : found;
        return errno;
    }

    public Errno TryWrite(string path, ReadOnlySpan<byte> content)
    {
        var errno = Resolve(path, followLast: true, out var place);
        if (errno == Errno.None) Written.Add(place);
        return errno;
    }

    private bool IsDamaged(string place) => Damage is not null && place == Damage.Path;

    private Errno ErrnoOfNo(string place, Errno ofAnother) =>
        Whole.Directories.ContainsKey(place) || Whole.Files.ContainsKey(place) || Whole.Links.ContainsKey(place) ? ofAnother : Errno.ENOENT;

    private string? LinkAt(string place) =>
        IsDamaged(place) ? Damage!.Target ?? Whole.Links.GetValueOrDefault(place) : Whole.Links.GetValueOrDefault(place);

    /// <summary>The place a path leads to. What lies below damage is gone with it, unless it is a link or a list of names.</summary>
    private Errno Resolve(string path, bool followLast, out string place)
    {
        place = path;
        if (!path.StartsWith('/')) throw new ArgumentException($"\"{path}\" is not absolute");
        if (Damage is null && Whole.Files.ContainsKey(path)) return Errno.None;
        var pending = new Stack<string>(path.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse());
        place = "";
        for (var links = 0; pending.TryPop(out var name);)
        {
            if (name == ".") continue;
            if (name == "..")
            {
                place = place.Length == 0 ? "" : place[..place.LastIndexOf('/')];
                continue;
            }

            if (IsDamaged(place) && (Damage!.Errno != Errno.None || Damage.Content is not null)) return Damage.Errno == Errno.None ? Errno.ENOTDIR : Damage.Errno;
            var next = place + "/" + name;
            if ((pending.Count > 0 || followLast) && LinkAt(next) is { } target)
            {
                if (++links > MostLinks) return Errno.ELOOP;
                Asked?.Invoke(next, Errno.None);
                if (target.StartsWith('/')) place = "";
                foreach (var part in target.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse()) pending.Push(part);
                continue;
            }

            place = next;
        }

        if (place.Length == 0) place = "/";
        return IsDamaged(place) && Damage!.Errno == Errno.ENOENT ? Errno.ENOENT : Errno.None;
    }
}
