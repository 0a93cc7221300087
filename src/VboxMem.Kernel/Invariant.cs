using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace VboxMem.Kernel;

/// <summary>A claim that only a defect in the simulator can make false. Checked in every build.</summary>
public static class Invariant
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Holds(
        [DoesNotReturnIf(false)] bool claim,
        [CallerArgumentExpression(nameof(claim))] string text = "",
        [CallerMemberName] string member = "")
    {
        if (!claim)
        {
            Broken(member, text);
        }
    }

    // Not inlined: keeps the throw out of the caller's hot code.
    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Broken(string member, string text) => throw new InvariantBrokenException($"{member}: {text}");
}

/// <summary>The simulator contradicts itself: our defect, never the user's. The command line exits with 70.</summary>
public sealed class InvariantBrokenException(string message) : Exception(message);
