// A program of the box's life: a state machine whose state is fields. A stage says what it is about; the answer to its last request says how
// that went. Between two waits it runs its code. A refusal that it cannot live with ends it with exit code 1, as a real one ends after perror().

using VboxMem.Kernel;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;

namespace VboxMem.Workloads.Programs;

public abstract class Service : UserProgram
{
    private const ulong Failure = 1;

    private Prng _random;
    private int _stage;
    private CodeInUse _code;

    protected Service(ProgramSetting setting, string part = "")
    {
        Setting = setting;
        _random = setting.Random(part);
    }

    protected ProgramSetting Setting { get; }

    protected ProgramParameters Parameters => Setting.Parameters;

    /// <summary>What the program has come to; 0 at its start.</summary>
    protected int Stage
    {
        get => _stage;
        set => _stage = value;
    }

    /// <summary>Its stream of chance.</summary>
    protected ref Prng Random => ref _random;

    public sealed override Request Next(in Reply last)
    {
        if (_code.TryGoOn(last, Image, out var next, out var reply))
        {
            return next;
        }

        if (reply.IsError && !Expects(reply.Error))
        {
            return new Request(RequestKind.Exit, Failure);
        }

        return _code.InFrontOf(Advance(reply), Image);
    }

    /// <summary>A copy of all plain fields. A program that holds objects copies them in its own.</summary>
    public override UserProgram Clone() => (UserProgram)MemberwiseClone();

    /// <summary>Every program with fields of its own adds them.</summary>
    public override void HashInto(StateHash hash)
    {
        hash.Add(Setting.Name);
        hash.Add(((ulong)(uint)Setting.Instance << 32) | (uint)Setting.Start);
        hash.Add((long)_stage);
        _random.HashInto(hash);
        _code.HashInto(hash);
    }

    /// <summary>The next request, the last one having been met.</summary>
    protected abstract Request Advance(in Reply last);

    /// <summary>Whether an error is an answer the program can live with.</summary>
    protected virtual bool Expects(SystemCallError error) => false;

    /// <summary>Draws the time to the next of events that come so often on average, each independent of the others (exponential).</summary>
    /// <param name="meanNanoseconds">Mean time between two events.</param>
    protected ulong NextArrivalAfter(ulong meanNanoseconds) => Chance.Exponential(ref _random, meanNanoseconds);

    protected static Request Exit() => new(RequestKind.Exit);
}
