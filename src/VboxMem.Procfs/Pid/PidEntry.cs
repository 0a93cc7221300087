using VboxMem.FileTree;

namespace VboxMem.Procfs.Pid;

/// <summary>Says where a link points at this moment.</summary>
internal delegate Errno PidLinkTarget(in Subject subject, out string target);

/// <summary>A name in the directory of a process and of each of its threads.</summary>
/// <param name="Name">The name.</param>
/// <param name="Mode">Permission bits.</param>
internal abstract record PidEntry(string Name, int Mode);

/// <summary>A symbolic link.</summary>
/// <param name="Name">The name.</param>
/// <param name="Target">Where it points.</param>
internal sealed record PidLink(string Name, PidLinkTarget Target) : PidEntry(Name, FileModes.Link);

/// <summary>A directory that has an entry for each open descriptor.</summary>
/// <param name="Name">The name.</param>
/// <param name="Mode">Permission bits.</param>
/// <param name="HasLinks">The entries are links to what is open; else files that describe it.</param>
internal sealed record PidDescriptors(string Name, int Mode, bool HasLinks) : PidEntry(Name, Mode);
