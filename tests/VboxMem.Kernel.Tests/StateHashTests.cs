// Goal: the hash of a state is the same in every run.
// Method: what is hashed byte by byte must have no padding, whose content depends on where the value was copied through. The types
//         are those that the sources name.

using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using VboxMem.Testing;

namespace VboxMem.Kernel.Tests;

public sealed partial class StateHashTests
{
    private static readonly MethodInfo _sizeOf = typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!;

    [Fact]
    public void Values_hashed_byte_by_byte_have_no_padding()
    {
        var names = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(SourceTree.Root, "src", "VboxMem.Kernel"), "*.cs", SearchOption.AllDirectories))
        {
            names.UnionWith(HashedSpan().Matches(File.ReadAllText(file)).Select(static match => match.Groups[1].Value));
        }

        var types = typeof(Machine).Assembly.GetTypes().Where(type => type.IsValueType && names.Contains(type.Name)).ToList();
        Assert.True(types.Count > 5, "the sources were not found");
        Assert.All(types, static type => Assert.True(SizeOf(type) == SizeOfFields(type), $"{type.Name} has padding"));
    }

    private static int SizeOf(Type type) => (int)_sizeOf.MakeGenericMethod(type).Invoke(null, null)!;

    private static int SizeOfFields(Type type)
    {
        var fields = type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic);
        return type.IsPrimitive || type.IsEnum || fields.Length == 0 ? SizeOf(type) : fields.Sum(static field => SizeOfFields(field.FieldType));
    }

    [GeneratedRegex(@"\bhash\.Add<(\w+)>\(")]
    private static partial Regex HashedSpan();
}
