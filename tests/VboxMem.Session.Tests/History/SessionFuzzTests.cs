// Goal: whatever is typed, a session's past stays what it was, and what it is saved to leads to the same.
// Method: lines of words that may or may not mean something (seeded), each with a limit on how long it may take; every mark, checkpoint and
// the frontier are compared by the session itself on the way back.

using VboxMem.Kernel.Time;
using VboxMem.Session.History;
using VboxMem.Testing;

namespace VboxMem.Session.Tests.History;

public sealed class SessionFuzzTests
{
    [Fact]
    public void Whatever_is_typed_the_past_stays_what_it_was()
    {
        var random = new Random(21);
        var done = 0;
        for (var round = 0; round < (Mutator.IsLongMode ? 100 : 3); round++)
        {
            using var session = SessionBox.Start();
            for (var line = 0; line < 120; line++)
            {
                var text = FuzzTests.LineOf(random);
                var end = session.Now.Plus(new SimTime((ulong)random.NextInt64(3_000_000_000)));
                session.Do(text, Stream.Null, Stream.Null, () => session.Now < end);
                if (random.Next(4) == 0)
                {
                    SessionBox.Advance(session, random.NextDouble());
                }
            }

            done += session.Journal.Count(static entry => entry.Command is not null);
            var (front, state) = (session.Front, session.Box.ComputeStateHash());
            for (var trip = 0; trip < 6; trip++)
            {
                session.GoTo(new SimTime((ulong)random.NextInt64((long)session.Begin.Nanoseconds, (long)front.Nanoseconds)));
            }

            session.TryAdvanceTo(front);
            Assert.Equal(state, session.Box.ComputeStateHash());

            var saved = SavedSession.TryParse("s", session.Save().ToBytes(), out var problem);
            Assert.Equal("", problem);
            using var again = LiveSession.Open(saved!, SessionBox.Profile());
            again.GoTo(front);
            Assert.Equal(("", state), (again.Difference, again.Box.ComputeStateHash()));
        }

        Assert.True(done > 20, $"{done} lines did something");
    }
}
