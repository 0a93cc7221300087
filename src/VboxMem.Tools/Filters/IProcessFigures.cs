namespace VboxMem.Tools.Filters;

/// <summary>A process as a filter sees it. Only the fields that the filter names are asked for.</summary>
public interface IProcessFigures
{
    /// <summary>A field that is a number: bytes, seconds, or plain; a share as a fraction, so that 5 % is 0.05.</summary>
    /// <returns>False where it is not known, as of a process that may not be looked at.</returns>
    bool TryGetNumber(FilterField field, out decimal number);

    /// <summary>A field that is text.</summary>
    /// <returns>False where it is not known.</returns>
    bool TryGetText(FilterField field, out string text);
}
