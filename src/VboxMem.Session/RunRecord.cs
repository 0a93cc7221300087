// run.json: what a run was, so that it can be done again: the merged profile with its seed, how far it went, and what it came to.
//
// No wall-clock figure stands in it.

using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using VboxMem.FileTree;
using VboxMem.Kernel.Time;

namespace VboxMem.Session;

/// <summary>The record of a run.</summary>
/// <param name="Version">The vbox-mem that made it.</param>
/// <param name="Seed">The number that all chance derives from; it is part of the profile too.</param>
/// <param name="Reached">Simulated time at its end, since the kernel started.</param>
/// <param name="StateHash">Fingerprint of the box at its end.</param>
/// <param name="ProfileJson">The effective profile.</param>
public sealed record RunRecord(string Version, ulong Seed, SimTime Reached, ulong StateHash, string ProfileJson)
{
    public const string FileName = "run.json";

    /// <summary>What the dump beside it goes without because of its size; processes and threads as PID and TID.</summary>
    public IReadOnlyList<string> LeftOut { get; init; } = [];

    private const int LargestFile = 4 << 20;

    private static readonly JsonWriterOptions _indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The record of a box as it is now.</summary>
    public static RunRecord Of(Box box) => new(
        Box.Version, box.Machine.Configuration.Seed, box.Machine.Now, box.ComputeStateHash(), box.Profile.EffectiveJson());

    /// <summary>Reads a record.</summary>
    /// <param name="path">The file, or the directory of a dump.</param>
    /// <param name="problem">What is wrong with it, in one line; empty: nothing.</param>
    /// <returns>Null when it is none.</returns>
    public static RunRecord? TryRead(string path, out string problem)
    {
        var file = Directory.Exists(path) ? Path.Combine(path, FileName) : path;
        try
        {
            if (new FileInfo(file).Length > LargestFile)
            {
                problem = $"{file}: larger than any record of a run";
                return null;
            }

            return TryParse(file, File.ReadAllBytes(file), out problem);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            problem = $"{file}: {HostError.Describe(error)}";
            return null;
        }
    }

    /// <summary>Reads a record from bytes.</summary>
    /// <inheritdoc cref="TryRead"/>
    public static RunRecord? TryParse(string path, ReadOnlyMemory<byte> content, out string problem)
    {
        try
        {
            using var json = JsonDocument.Parse(content);
            var record = Of(json.RootElement);
            problem = record is null ? $"{path}: not the record of a run: allowed is a run.json with version, seed, simulated_nanoseconds, state_hash and profile" : "";
            return record;
        }
        catch (JsonException error)
        {
            problem = string.Create(CultureInfo.InvariantCulture, $"{path}: not JSON, at line {error.LineNumber + 1}");
        }
        catch (InvalidOperationException)
        {
            problem = $"{path}: a text in it is no UTF-8";   // or half of a surrogate pair
        }

        return null;
    }

    public byte[] ToJson()
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, _indented))
        {
            writer.WriteStartObject();
            WriteTo(writer);
            writer.WriteEndObject();
        }

        buffer.WriteByte((byte)'\n');
        return buffer.ToArray();
    }

    /// <summary>Writes what is in its object.</summary>
    internal void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteString("version", Version);
        writer.WriteNumber("seed", Seed);
        writer.WriteNumber("simulated_nanoseconds", Reached.Nanoseconds);
        writer.WriteString("state_hash", $"{StateHash:x16}");
        writer.WriteStartArray("left_out");
        foreach (var path in LeftOut)
        {
            writer.WriteStringValue(path);
        }

        writer.WriteEndArray();
        writer.WritePropertyName("profile");
        JsonNode.Parse(ProfileJson)!.WriteTo(writer);
    }

    private static RunRecord? Of(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object
            || !root.TryGetProperty("version", out var version) || version.ValueKind != JsonValueKind.String
            || !root.TryGetProperty("seed", out var seed) || seed.ValueKind != JsonValueKind.Number || !seed.TryGetUInt64(out var number)
            || !root.TryGetProperty("simulated_nanoseconds", out var time) || time.ValueKind != JsonValueKind.Number || !time.TryGetUInt64(out var nanoseconds)
            || !root.TryGetProperty("state_hash", out var hash) || hash.ValueKind != JsonValueKind.String
            || !ulong.TryParse(hash.GetString(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var fingerprint)
            || !root.TryGetProperty("profile", out var profile) || profile.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        return new RunRecord(OneLineOf(version.GetString()!), number, new SimTime(nanoseconds), fingerprint, profile.GetRawText());
    }

    private static string OneLineOf(string text)
    {
        const int Longest = 40;
        var line = new StringBuilder();
        foreach (var letter in text.AsSpan(0, Math.Min(text.Length, Longest)))
        {
            line.Append(char.IsControl(letter) ? '?' : letter);
        }

        return line.ToString();
    }
}
