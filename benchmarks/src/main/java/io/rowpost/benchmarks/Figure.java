package io.rowpost.benchmarks;

/**
 * One measurement of one way.
 *
 * @param perSecond how many were done in a second
 * @param cpuMicros processor time of this JVM for each, in microseconds
 * @param walBytes what the server wrote to its log for each, in bytes
 */
record Figure(double perSecond, double cpuMicros, double walBytes) {}
