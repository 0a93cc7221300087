namespace VboxMem.Tui.Tests;

/// <summary>The default box after 40 seconds, run once for all tests that look at it.</summary>
public sealed class DefaultBox
{
    private readonly Screen _screen = ScreenOf.Profile("default", 40);

    /// <summary>A screen of its own of the box.</summary>
    internal Screen Screen(Drawing.Glyphs? glyphs = null) => TextScreen.Anew(_screen, glyphs);
}

[CollectionDefinition("default box")]
public sealed class DefaultBoxTests : ICollectionFixture<DefaultBox>;
