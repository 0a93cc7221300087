// Goal: a copy of a machine is the machine.
// Method: copies taken at random moments of a random life are run on beside the original, doing the same things, and must end
//         with the same hash; and the two object graphs are compared field by field: equal in value, nothing changeable shared.

using System.Collections;
using System.Collections.Immutable;
using System.Reflection;
using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Tests;

public sealed class CloneTests
{
    [Fact]
    public void Original_and_copy_run_on_to_the_same_state_from_fifty_random_moments()
    {
        var random = new Prng(7, "clone-moments");
        using var machine = AMachine.Booted(128, cpus: 3);
        var life = new RandomLife(machine, seed: 11);
        for (var moment = 0; moment < 50; moment++)
        {
            life.Step(1 + (int)random.NextBelow(40));
            var copy = machine.Clone();
            var copyLife = life.MoveTo(copy);
            Assert.Equal(machine.ComputeStateHash(), copy.ComputeStateHash());

            life.Step(20);
            copyLife.Step(20);
            Assert.Equal(machine.ComputeStateHash(), copy.ComputeStateHash());
            Audit.Check(copy, copyLife.Held);
            copy.Dispose();
        }
    }

    [Fact]
    public void A_copy_is_untouched_by_what_the_original_does()
    {
        using var machine = AMachine.Booted(128);
        using var copy = machine.Clone();
        var before = copy.ComputeStateHash();
        new RandomLife(machine, seed: 3).Step(300);
        Assert.Equal(before, copy.ComputeStateHash());
        Assert.NotEqual(before, machine.ComputeStateHash());
    }

    [Fact]
    public void A_copy_is_equal_field_by_field_and_shares_nothing_that_changes()
    {
        using var machine = AMachine.Booted(128);
        new RandomLife(machine, seed: 5).Step(200);
        using var copy = machine.Clone();
        var differences = new List<string>();
        Compare("machine", machine, copy, new HashSet<object>(ReferenceEqualityComparer.Instance), differences);
        Assert.Empty(differences);
    }

    private static void Compare(string path, object? left, object? right, HashSet<object> seen, List<string> differences)
    {
        if (left is null || right is null)
        {
            if (left != right)
            {
                differences.Add($"{path}: one side is null");
            }

            return;
        }

        var type = left.GetType();
        if (type != right.GetType())
        {
            differences.Add($"{path}: {type.Name} and {right.GetType().Name}");
        }
        else if (type.IsPrimitive || type.IsEnum || left is string || left is Delegate)
        {
            if (!left.Equals(right))
            {
                differences.Add($"{path}: {left} and {right}");
            }
        }
        else if (!type.IsValueType && ReferenceEquals(left, right))
        {
            if (!IsImmutable(path, type))
            {
                differences.Add($"{path}: both sides share one {type.Name}");
            }
        }
        else if (type.IsValueType || seen.Add(left))
        {
            CompareParts(path, left, right, seen, differences);
        }
    }

    private static void CompareParts(string path, object left, object right, HashSet<object> seen, List<string> differences)
    {
        // Of a collection the items are state; spare room and version counters are not.
        if (left is IEnumerable && left.GetType().FullName!.StartsWith("System", StringComparison.Ordinal) || left is Array)
        {
            var (mine, theirs) = (((IEnumerable)left).Cast<object?>().ToArray(), ((IEnumerable)right).Cast<object?>().ToArray());
            if (mine.Length != theirs.Length)
            {
                differences.Add($"{path}: lengths {mine.Length} and {theirs.Length}");
                return;
            }

            for (var i = 0; i < mine.Length; i++)
            {
                Compare($"{path}[{i}]", mine[i], theirs[i], seen, differences);
            }

            return;
        }

        for (var type = left.GetType(); type is not null && type != typeof(object); type = type.BaseType)
        {
            foreach (var field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            {
                // Host memory is compared by the state hash; the log's formatting buffer is no state.
                if (!field.FieldType.IsPointer && field.FieldType != typeof(HostMemory) && field.Name is not "_scratch")
                {
                    Compare($"{path}.{field.Name}", field.GetValue(left), field.GetValue(right), seen, differences);
                }
            }
        }
    }

    /// <summary>What may be shared because nobody changes it once it is made.</summary>
    private static bool IsImmutable(string path, Type type) =>
        type == typeof(MachineLayout) || type == typeof(Costs) || type == typeof(Kernel.Boot.BootAllocations) || type == typeof(ZoneExtent)
        || type == typeof(Kernel.Slab.SlabCacheDescription) || type == typeof(Kernel.Virtual.VmallocArea)
        || (type == typeof(int[]) && path.EndsWith("._fallbackNodes", StringComparison.Ordinal))   // made at boot, read as a span
        || (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ImmutableArray<>));
}
