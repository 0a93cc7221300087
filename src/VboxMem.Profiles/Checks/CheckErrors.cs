// Lines about values that are right for themselves and wrong together.

using VboxMem.Profiles.Layers;

namespace VboxMem.Profiles.Checks;

internal sealed class CheckErrors(LayerStack settings, string profileSource, List<string> errors)
{
    /// <summary>Adds a line about the value at a path.</summary>
    public void Add(string path, string problem)
    {
        var text = ProfileKeys.TryFind(path, out var key) ? settings.Text(key) ?? "" : "";
        var origin = settings.OriginOf(path, text);
        errors.Add($"{origin.Place}: {path} = {origin.Display}: {problem}");
    }

    /// <summary>Adds a line if a key that must be given is not; false if it has no right value.</summary>
    public bool Require<T>(ScalarKey<T> key, params ReadOnlySpan<int> indexes)
    {
        if (settings.TryGet(key, out _, indexes)) return true;
        if (!settings.IsBroken(LayerStack.PathOf(key, indexes))) AddMissing(key, $"missing, allowed {key.Allowed}", indexes);
        return false;
    }

    /// <summary>Adds a line about a key that is not given.</summary>
    public void AddMissing(ProfileKey key, string problem, params ReadOnlySpan<int> indexes)
    {
        var path = LayerStack.PathOf(key, indexes);
        var item = path.Contains(':') ? path[..path.LastIndexOf(':')] : "";
        var place = indexes.IsEmpty ? profileSource : settings.OriginOf(item, "").Place;
        errors.Add($"{place}: {path}: {problem}");
    }
}
