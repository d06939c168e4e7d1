LISTEN queue
