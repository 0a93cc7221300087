using VboxMem.FileTree;
using VboxMem.Procfs.Pid;

namespace VboxMem.Procfs;

/// <summary>What a path of the tree leads to.</summary>
/// <param name="Kind">File, directory or link.</param>
/// <param name="Path">Its own path, for a directory of the table.</param>
/// <param name="File">A file of the table.</param>
/// <param name="Target">Where a link points.</param>
/// <param name="Process">What a process has, where the table has nothing.</param>
internal readonly record struct TreeNode(
    NodeKind Kind, string Path = "", ProcFile? File = null, string Target = "", PidNode? Process = null);
