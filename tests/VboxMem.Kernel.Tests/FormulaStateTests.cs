// Goal: no field of the plain states of reclaim, page cache, swap and writeback is left out of the state hash.
// Method: change each field of a default value in turn, by reflection, and compare the hashes.

using System.Reflection;
using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Reclaim;
using VboxMem.Kernel.Swap;
using VboxMem.Kernel.Writeback;

namespace VboxMem.Kernel.Tests;

public sealed class FormulaStateTests
{
    [Theory]
    [InlineData(typeof(ReclaimCost))]
    [InlineData(typeof(ShrinkerScan))]
    [InlineData(typeof(ReadaheadState))]
    [InlineData(typeof(VmaSwapReadahead))]
    [InlineData(typeof(ClusterSwapReadahead))]
    [InlineData(typeof(BandwidthState))]
    [InlineData(typeof(DirtyDomain))]
    [InlineData(typeof(WriteoutClock))]
    [InlineData(typeof(WriteoutShare))]
    [InlineData(typeof(TaskDirtying))]
    [InlineData(typeof(CpuDirtying))]
    public void Every_field_enters_the_hash(Type type)
    {
        var plain = HashOf(Activator.CreateInstance(type)!);
        var fields = type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic);

        Assert.NotEmpty(fields);
        foreach (var field in fields)
        {
            var changed = Activator.CreateInstance(type)!;
            field.SetValue(changed, OtherThanDefault(field.FieldType));
            Assert.True(plain != HashOf(changed), $"{type.Name}.{field.Name} does not enter the hash");
        }
    }

    private static object OtherThanDefault(Type type)
    {
        if (type == typeof(ulong))
        {
            return 5UL;
        }

        if (type == typeof(uint))
        {
            return 5U;
        }

        if (type == typeof(bool))
        {
            return true;
        }

        var nested = Activator.CreateInstance(type)!;
        var field = type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)[0];
        field.SetValue(nested, OtherThanDefault(field.FieldType));
        return nested;
    }

    private static ulong HashOf(object state)
    {
        var hash = new StateHash();
        state.GetType().GetMethod("HashInto")!.Invoke(state, [hash]);
        return hash.Value;
    }
}
