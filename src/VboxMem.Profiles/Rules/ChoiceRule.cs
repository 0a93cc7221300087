// One word out of a few, each standing for a value of an enum. Capitals do not matter when reading.

namespace VboxMem.Profiles.Rules;

internal sealed class ChoiceRule<T>(params (string Word, T Value)[] choices) : ValueRule<T>
    where T : struct, Enum
{
    public override string TypeName => "word";

    public override string Allowed => string.Join(", ", choices.Select(choice => choice.Word));

    public override bool TryRead(string text, out T value, out string problem)
    {
        foreach (var choice in choices)
        {
            if (!string.Equals(choice.Word, text.Trim(' '), StringComparison.OrdinalIgnoreCase)) continue;
            value = choice.Value;
            problem = "";
            return true;
        }

        value = default;
        problem = "unknown word";
        return false;
    }

    public override string Format(T value) => Array.Find(choices, choice => choice.Value.Equals(value)).Word;
}
