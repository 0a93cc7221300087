namespace VboxMem.Tools.WhoSaysWhat;

/// <summary>One figure of meminfo in a sum.</summary>
/// <param name="Name">The line's name.</param>
/// <param name="Kilobytes">Its value; 0 where the file has none.</param>
/// <param name="IsTaken">Taken away instead of added.</param>
public readonly record struct Term(string Name, ulong Kilobytes, bool IsTaken = false);

/// <summary>A sum of figures, as a program makes it.</summary>
/// <param name="Of">What it is said to be: used, available, swap used.</param>
/// <param name="Terms">In the program's order.</param>
/// <param name="IsFallback">The program's formula gave less than nothing, and it took another one.</param>
public sealed record Sum(string Of, IReadOnlyList<Term> Terms, bool IsFallback = false)
{
    public long Kilobytes
    {
        get
        {
            var sum = 0L;
            foreach (var term in Terms) sum += term.IsTaken ? -(long)term.Kilobytes : (long)term.Kilobytes;
            return sum;
        }
    }
}

/// <summary>What one program says of a machine's memory.</summary>
/// <param name="Program">The program, with the versions that reckon so.</param>
/// <param name="Used">Memory in use; null: it does not state that.</param>
/// <param name="Available">Memory to be had; null: it does not state that.</param>
/// <param name="SwapUsed">Swap in use; null: it does not state that.</param>
/// <param name="Verdict">What it would do about it, for those that act; empty: it only shows.</param>
public sealed record Statement(string Program, Sum? Used, Sum? Available, Sum? SwapUsed, string Verdict = "");
