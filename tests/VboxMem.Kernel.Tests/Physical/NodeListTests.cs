using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Tests.Physical;

public sealed class NodeListTests
{
    [Theory]
    [InlineData(new int[0], "")]
    [InlineData(new[] { 0 }, "0")]
    [InlineData(new[] { 0, 1 }, "0-1")]
    [InlineData(new[] { 0, 2, 3, 4, 7 }, "0,2-4,7")]
    public void Neighbours_are_written_as_a_range(int[] nodes, string expected) => Assert.Equal(expected, NodeList.Format(nodes));

    [Fact]
    public void No_set_at_all_is_null() => Assert.Equal("(null)", NodeList.Format(null));
}
