-- What letters were like before is not kept, and nothing depends on it.
SELECT;
