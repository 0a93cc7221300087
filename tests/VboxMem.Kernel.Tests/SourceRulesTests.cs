// Goal: nothing from outside the simulation reaches its state.
// Method: read the sources of the pure projects and name each banned call by file and line.

using System.Text.RegularExpressions;
using VboxMem.Testing;

namespace VboxMem.Kernel.Tests;

public sealed partial class SourceRulesTests
{
    private static readonly string[] _pureProjects = ["VboxMem.Kernel", "VboxMem.Procfs"];

    [Fact]
    public void The_pure_projects_use_no_clock_no_outside_chance_no_thread_and_no_host()
    {
        var found = new List<string>();
        var files = 0;
        foreach (var project in _pureProjects)
        {
            var folder = Path.Combine(SourceTree.Root, "src", project);
            foreach (var file in Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            {
                if (file.Contains("/obj/", StringComparison.Ordinal))
                {
                    continue;
                }

                files++;
                var lines = File.ReadAllLines(file);
                for (var line = 0; line < lines.Length; line++)
                {
                    if (Banned().IsMatch(lines[line]))
                    {
                        found.Add($"{Path.GetRelativePath(SourceTree.Root, file)}:{line + 1}: {lines[line].Trim()}");
                    }
                }
            }
        }

        Assert.True(files > 50, "the sources were not found");
        Assert.Empty(found);
    }

    [Theory]
    [InlineData("var now = DateTime.UtcNow;")]
    [InlineData("new Random(3)")]
    [InlineData("Random.Shared.Next()")]
    [InlineData("foreach (var x in new HashSet<int>())")]
    [InlineData("Environment.GetEnvironmentVariable(\"HOME\")")]
    public void The_rule_recognises_what_it_bans(string line) => Assert.Matches(Banned(), line);

    [GeneratedRegex(
        @"DateTime(Offset)?\.(Utc)?Now|Stopwatch|TickCount|new Random\(|Random\.Shared|Guid\.NewGuid|\bHashSet<|GetHashCode\(\)|Thread\.|Task\.Run"
        + @"|Parallel\.|GetEnvironmentVariable|CurrentCulture|TimeProvider")]
    private static partial Regex Banned();
}
