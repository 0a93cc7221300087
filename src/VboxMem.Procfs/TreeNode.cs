using VboxMem.FileTree;

namespace VboxMem.Procfs;

/// <summary>What a path of the tree leads to.</summary>
/// <param name="Kind">File, directory or link.</param>
/// <param name="Path">Its own path, for a directory of the table.</param>
/// <param name="File">A file of the table.</param>
/// <param name="Target">Where a link of the table points.</param>
/// <param name="Live">What the table has nothing of.</param>
internal readonly record struct TreeNode(
    NodeKind Kind, string Path = "", ProcFile? File = null, string Target = "", ILiveNode? Live = null);
