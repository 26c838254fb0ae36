"""What templates of several apps say."""
