using VboxMem.FileTree;
using VboxMem.Tools.Processes;

namespace VboxMem.Tui.Readings;

/// <summary>
/// Models that are kept from one reading to the next: a file that has the same bytes as before need not be parsed again. Much of a machine
/// stands still from second to second: its accounts, its log, zones of which nobody takes memory.
/// </summary>
/// <remarks>Models are never changed once they are made, so that several readings may have the same one.</remarks>
public sealed class KeptModels
{
    private const string Users = "/etc/passwd";
    private const string Groups = "/etc/group";

    private readonly Dictionary<string, (ReadOnlyMemory<byte> Content, object Model)> _models = new(StringComparer.Ordinal);
    private (ReadOnlyMemory<byte> Users, ReadOnlyMemory<byte> Groups, Accounts Accounts)? _accounts;

    /// <summary>The model that was made of these bytes; null: another one, or none.</summary>
    internal object? Find(string path, ReadOnlySpan<byte> content) =>
        _models.TryGetValue(path, out var known) && known.Content.Span.SequenceEqual(content) ? known.Model : null;

    internal void Keep(string path, ReadOnlyMemory<byte> content, object model) => _models[path] = (content, model);

    /// <summary>The accounts of a tree.</summary>
    internal Accounts AccountsOf(IFileTree tree)
    {
        _ = tree.TryRead(Users, out var users);
        _ = tree.TryRead(Groups, out var groups);
        if (_accounts is { } known && known.Users.Span.SequenceEqual(users.Span) && known.Groups.Span.SequenceEqual(groups.Span)) return known.Accounts;
        var accounts = new Accounts(tree);
        _accounts = (users, groups, accounts);
        return accounts;
    }
}
