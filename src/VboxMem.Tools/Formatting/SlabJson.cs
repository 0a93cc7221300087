using System.Text.Json;
using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.Formatting;

/// <summary>Slab caches as JSON, the same for slabtop and for vmstat -m.</summary>
internal static class SlabJson
{
    internal static void WriteCaches(Utf8JsonWriter json, IReadOnlyList<SlabCache> caches)
    {
        json.WriteStartObject();
        json.WriteStartArray("caches");
        foreach (var cache in caches)
        {
            json.WriteStartObject();
            json.WriteString("name", cache.Name);
            json.WriteNumber("activeObjects", cache.ActiveObjects);
            json.WriteNumber("totalObjects", cache.TotalObjects);
            json.WriteNumber("objectBytes", cache.ObjectBytes);
            json.WriteNumber("objectsPerSlab", cache.ObjectsPerSlab);
            json.WriteNumber("pagesPerSlab", cache.PagesPerSlab);
            json.WriteNumber("activeSlabs", cache.ActiveSlabs);
            json.WriteNumber("totalSlabs", cache.TotalSlabs);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
