namespace VboxMem.Cli.Bench;

/// <summary>One operation measured on both kernels.</summary>
/// <param name="Name">The operation.</param>
/// <param name="SimulatedNanoseconds">What the host takes to simulate it once.</param>
/// <param name="HostNanoseconds">What its own kernel takes for it once; null where there is nothing to compare.</param>
internal sealed record OperationResult(string Name, double SimulatedNanoseconds, double? HostNanoseconds);
