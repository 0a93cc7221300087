// A predicate over the tree of the box, or nothing.

using VboxMem.Tools.Predicates;

namespace VboxMem.Profiles.Rules;

internal sealed class PredicateRule : ValueRule<string>
{
    public override string TypeName => "predicate";

    public override string Allowed => "a predicate of src/VboxMem.Tools/Predicates/README.md";

    public override bool TryRead(string text, out string value, out string problem)
    {
        value = text.Trim(' ');
        problem = "";
        if (value.Length > 0) Predicate.TryParse(text, out problem);
        return problem.Length == 0;
    }

    public override string Format(string value) => value;
}
