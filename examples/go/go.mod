module example

go 1.19

require ralphlock v0.0.0

replace ralphlock => ../../bindings/go
